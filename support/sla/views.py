"""The promises of a ticket, beside its conversation."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from support.access import get_ticket
from support.sla.showing import shown_clocks


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def ticket_clocks(request: SignedInRequest, number: int) -> HttpResponse:
    ticket, now = get_ticket(request.user, number), timezone.now()
    context = {"ticket": ticket, "clocks": shown_clocks(ticket, now=now), "now": now}
    return render(request, "support/_ticket_clocks.html", context)
