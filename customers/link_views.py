"""Settings: the catalog of Microsoft's admin portals, which owners correct where Microsoft moves them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.link_forms import PortalLinkForm
from customers.models import CloudChoice, PortalLink


@require_GET
@requires(Capability.MANAGE_PORTAL)
def links(request: SignedInRequest) -> HttpResponse:
    """The links of one cloud; ?cloud= chooses, and the first that has any is shown else."""
    clouds = list(PortalLink.objects.order_by("cloud").values_list("cloud", flat=True).distinct())
    wanted = request.GET.get("cloud", "")
    order = [choice for choice in CloudChoice if choice.value in clouds]
    chosen = next((cloud for cloud in order if cloud.value == wanted), order[0] if order else None)
    tabs = [{"label": c.label, "url": f"?cloud={c.value}", "is_current": c == chosen} for c in order]
    rows = PortalLink.objects.filter(cloud=chosen or "").order_by("position", "title")
    return render(request, "settings/links.html", {"tabs": tabs, "links": rows, "cloud": chosen})


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def link_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    link = get_object_or_404(PortalLink, pk=pk)
    form = PortalLinkForm(request.POST or None, instance=link)
    if form.is_valid():
        before = {name: form.initial.get(name) for name in form.changed_data}
        form.save()
        after = {name: form.cleaned_data[name] for name in form.changed_data}
        record(Action.LINK_CHANGED, by=request.user, about=link, before=before, after=after)
        messages.success(request, _("%(title)s is saved.") % {"title": link.title})
        answer = redirect("settings:links")
        answer["Location"] += f"?cloud={link.cloud}"
        return answer
    return render(request, "settings/link.html", {"form": form, "link": link})
