"""Noting that Microsoft sent a request back, and asking for it from now on."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.limits.rates import limited
from support.escalation.beginning import Refused
from support.escalation.bouncing import ask_from_now_on, note_bounce
from support.escalation.filing_views import escalation_of


@limited("escalation_act", per_minute=30)
@require_POST
@requires(Capability.WORK_TICKETS)
def escalation_bounce(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    row, said = escalation_of(request, number, pk), request.POST
    reason, words = said.get("reason", ""), said.get("words", "").replace("\x00", "")
    try:
        note_bounce(row.pk, reason=reason, words=words, by=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("It is noted, and the ticket is ours again."))
    return redirect("support:escalation_page", number, pk)


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def escalation_bounce_item(request: SignedInRequest, number: int, pk: int, bounce: int) -> HttpResponse:
    """Make it an item of the product's checklist."""
    row = escalation_of(request, number, pk)
    baseline = ask_from_now_on(get_object_or_404(row.bounces, pk=bounce), by=request.user, now=timezone.now())
    words = _("The checklist asks for it from version %(number)d on.")
    messages.success(request, words % {"number": baseline.version})
    return redirect("support:escalation_page", number, pk)
