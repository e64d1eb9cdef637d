"""The way to Microsoft from a ticket: health check, checklist, entitlement, and then the escalation begins."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.limits.rates import limited
from customers.views import WHY_NOT
from support.access import get_ticket
from support.escalation.baseline import NoEvidence, tick_item, untick_item
from support.escalation.beginning import Refused, begin
from support.escalation.checks import NoCustomer, NotPossible, ask_check
from support.escalation.gate import Barrier, gate_of
from support.escalation.showing import issues_in_the_way, steps_of
from support.models import Baseline, BaselineTick, EntryFile, Purchase, Ticket


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def escalate(request: SignedInRequest, number: int) -> HttpResponse:
    ticket, now = get_ticket(request.user, number), timezone.now()
    purchase = _purchase(request.GET.get("purchase", ""))
    files = EntryFile.objects.filter(entry__ticket=ticket, entry__undone_at__isnull=True).select_related("attachment")
    context: dict[str, Any] = {
        "ticket": ticket,
        "steps": steps_of(ticket, user=request.user, purchase=purchase, now=now),
        "purchase": purchase,
        "purchases": Purchase.choices,
        "escalations": list(ticket.escalations.order_by("escalation_no")),
        "outcomes": BaselineTick.Outcome.choices,
        "files": list(files.order_by("pk")),
    }
    context["gate"], context["issues"] = context["steps"].gate, context["steps"].issues
    return render(request, "support/escalate.html", context)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def escalate_gate(request: SignedInRequest, number: int) -> HttpResponse:
    """The gate alone, while a customer is read; once that is over the page is drawn anew."""
    ticket = get_ticket(request.user, number)
    gate = gate_of(ticket, now=timezone.now())
    issues = issues_in_the_way(ticket, gate=gate, user=request.user)
    answer = render(request, "support/_escalate_gate.html", {"ticket": ticket, "gate": gate, "issues": issues})
    if gate.barrier != Barrier.BEING_CHECKED:
        answer.headers["HX-Refresh"] = "true"
    return answer


@limited("escalate_check", per_minute=30)
@require_POST
@requires(Capability.WORK_TICKETS)
def escalate_check(request: SignedInRequest, number: int) -> HttpResponse:
    ticket = get_ticket(request.user, number)
    try:
        ask_check(ticket, by=request.user, now=timezone.now())
    except NoCustomer:
        messages.error(request, str(Barrier.NO_CUSTOMER.label))
    except NotPossible as refused:
        messages.warning(request, str(WHY_NOT[refused.outcome]))
    return redirect("support:escalate", number)


@require_POST
@requires(Capability.WORK_TICKETS)
def escalate_tick(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Tick an item of a checklist, or with `untick` take that back."""
    ticket = get_ticket(request.user, number)
    baseline = get_object_or_404(Baseline, pk=pk, family=ticket.family)
    key, outcome = request.POST.get("key", ""), request.POST.get("outcome", "")
    if key not in {row["key"] for row in baseline.items} or outcome not in {*BaselineTick.Outcome.values, "untick"}:
        return HttpResponseBadRequest()
    if outcome == "untick":
        untick_item(ticket, baseline=baseline, key=key)
        return redirect("support:escalate", number)
    try:
        tick_item(
            ticket,
            baseline=baseline,
            key=key,
            outcome=BaselineTick.Outcome(outcome),
            evidence=request.POST.get("evidence", "").replace("\x00", "")[:2000],
            file=_file(request, ticket),
            by=request.user,
            now=timezone.now(),
        )
    except NoEvidence:
        messages.error(request, _("Write what shows it, or choose a file of the ticket; then tick it."))
    return redirect("support:escalate", number)


@require_POST
@requires(Capability.WORK_TICKETS)
def escalate_begin(request: SignedInRequest, number: int) -> HttpResponse:
    ticket = get_ticket(request.user, number)
    purchase = _purchase(request.POST.get("purchase", ""))
    reason = request.POST.get("reason", "").replace("\x00", "")
    try:
        made = begin(ticket.pk, purchase=purchase, by=request.user, now=timezone.now(), reason=reason)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Escalation %(number)d is begun.") % {"number": made.escalation_no})
    answer = redirect("support:escalate", number)
    answer.headers["Location"] += f"?purchase={purchase.value}"
    return answer


def _purchase(text: str) -> Purchase:
    return Purchase(text) if text in Purchase.values else Purchase.CSP


def _file(request: SignedInRequest, ticket: Ticket) -> EntryFile | None:
    text = request.POST.get("file", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 15):
        return None
    return EntryFile.objects.filter(entry__ticket=ticket, entry__undone_at__isnull=True, pk=int(text)).first()
