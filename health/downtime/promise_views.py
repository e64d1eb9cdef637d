"""Settings: the availability that Microsoft promises of each service."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from health.downtime.forms import PromisesForm
from health.models import Service


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def promises(request: SignedInRequest) -> HttpResponse:
    form = PromisesForm(request.POST or None, services=Service.objects.order_by("name", "cloud"))
    if not form.is_valid():
        return render(request, "settings/promises.html", {"form": form})
    with transaction.atomic():
        for service, promised in form.changed():
            told = {"service": service.name, "cloud": service.cloud}
            before = {**told, "promised_percent": str(service.promised_percent)}
            Service.objects.filter(pk=service.pk).update(promised_percent=promised)
            after = {**told, "promised_percent": str(promised)}
            record(Action.PROMISE_CHANGED, by=request.user, about=service, before=before, after=after)
    messages.success(request, _("Saved. Candidates are told by these promises at once."))
    return redirect("health:promises")
