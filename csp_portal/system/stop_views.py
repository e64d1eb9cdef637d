"""The owners' stop switch: pressed with a reason, and released."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from customers.pause_views import ReasonForm
from customers.writes import press_stop, read_switch, release_stop


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def stop(request: SignedInRequest) -> HttpResponse:
    """What pressing means, and the button; while it is pressed, the way to release it."""
    form = ReasonForm(request.POST or None)
    if not form.is_valid():
        return render(request, "system/stop.html", {"form": form, "switch": read_switch()})
    press_stop(by=request.user, reason=form.cleaned_data["reason"], now=timezone.now())
    messages.warning(request, _("Stopped: nothing is written to any customer's tenant."))
    return redirect("system:overview")


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def release(request: SignedInRequest) -> HttpResponse:
    release_stop(by=request.user)
    messages.success(request, _("Released. What was under way before stays stopped until somebody orders it anew."))
    return redirect("system:overview")
