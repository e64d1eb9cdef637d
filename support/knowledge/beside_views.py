"""Runbooks beside a ticket and its form, and what people say of them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.limits.rates import limited
from health.models import Service
from support.access import get_ticket
from support.knowledge.forms import RatingForm, WishForm
from support.knowledge.matching import Asked
from support.knowledge.offering import asked_by, offers_for
from support.knowledge.writing import rate, settle, wish
from support.models import Family, Kind, Runbook, RunbookRating
from support.ticket_forms import LONGEST


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def ticket_runbooks(request: SignedInRequest, number: int) -> HttpResponse:
    ticket = get_ticket(request.user, number)
    mine = RunbookRating.objects.filter(ticket=ticket, by=request.user).values_list("runbook", "helped")
    context = {"ticket": ticket, "offers": offers_for(asked_by(ticket), said=dict(mine))}
    return render(request, "support/_ticket_runbooks.html", context)


@limited("suggest", per_minute=240)
@require_POST
@requires(Capability.WORK_TICKETS)
def runbooks_offered(request: SignedInRequest) -> HttpResponse:
    """While a ticket is being written."""
    said = {name: request.POST.get(name, "")[:LONGEST].replace("\x00", "") for name in ("subject", "text", "impact")}
    number = request.POST.get("service", "")
    is_number = number.isascii() and number.isdecimal() and len(number) < 15
    service = Service.objects.filter(pk=int(number)).first() if is_number else None
    family, kind = request.POST.get("family", ""), request.POST.get("kind", "")
    asked = Asked(
        text="\n".join(said.values()),
        service_name=service.name if service else "",
        family=family if family in Family.values else "",
        kind=kind if kind in Kind.values else "",
        language=request.user.language or "",
    )
    return render(request, "support/_runbooks_offered.html", {"offers": offers_for(asked)})


@require_POST
@requires(Capability.WORK_TICKETS)
def runbook_rate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Of a ticket it goes back to that ticket."""
    runbook, form = get_object_or_404(Runbook, pk=pk), RatingForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say whether it helped, in at most 300 characters."))
        return redirect("support:runbook_page", pk)
    said = form.cleaned_data
    ticket = get_ticket(request.user, said["ticket"]) if said["ticket"] else None
    helped = said["helped"] == "yes"
    rate(runbook, ticket=ticket, helped=helped, word=said["word"], by=request.user, now=timezone.now())
    messages.success(request, _("Thank you: it is noted."))
    return redirect("support:ticket_page", ticket.pk) if ticket else redirect("support:runbook_page", pk)


@require_POST
@requires(Capability.WORK_TICKETS)
def runbook_wish(request: SignedInRequest, pk: int) -> HttpResponse:
    runbook, form = get_object_or_404(Runbook, pk=pk), WishForm(request.POST)
    if form.is_valid():
        wish(runbook, text=form.cleaned_data["text"], by=request.user, now=timezone.now())
        messages.success(request, _("Noted. It stays here until somebody has done it."))
    else:
        messages.error(request, _("Say in at most 1,000 characters what would be better."))
    return redirect("support:runbook_page", pk)


@require_POST
@requires(Capability.WORK_TICKETS)
def runbook_settle(request: SignedInRequest, pk: int, wish_pk: int) -> HttpResponse:
    runbook = get_object_or_404(Runbook, pk=pk)
    if settle(runbook, wish_pk, by=request.user, now=timezone.now()):
        messages.success(request, _("Done."))
    else:
        messages.info(request, _("It was done already."))
    return redirect("support:runbook_page", pk)
