"""An escalation begins: behind the gate, or past it with a reason; then it is a draft that the form fills."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from support.changes import locked
from support.escalation.answers import WAY_OF, Where, Who
from support.escalation.baseline import checklists_of
from support.escalation.checks import NoCustomer
from support.escalation.entitling import entitlement_of
from support.escalation.gate import SHORTEST_REASON, Gate, gate_of
from support.escalation.rules import Entitlement
from support.models import Escalation, Purchase, Ticket


class Refused(ValueError):
    """It does not begin; `code` is for programs, the text for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@transaction.atomic
def begin(number: int, *, purchase: Purchase, by: User, now: datetime, reason: str = "") -> Escalation:
    """The ticket's draft, the one that is there already or a new one; `Refused` where something stands in the way."""
    ticket = locked(number)
    gate = gate_of(ticket, now=now)
    why = _passed(gate, reason=reason)
    _refuse_open_items(ticket)
    entitlement = entitlement_of(ticket, purchase=purchase, now=now)
    _refuse_entitlement(entitlement)
    chosen = {
        "way": WAY_OF.get(Where(entitlement.where), Escalation.Way.BY_HAND),
        "product": ticket.family,
        "kind": ticket.kind,
        "severity": ticket.severity,
        "purchase": purchase,
        "plan": entitlement.plan,
        "where": entitlement.where,
        "target_minutes": entitlement.target_minutes,
        "override_reason": why,
        "passed_barrier": gate.barrier.value if why else "",
        "health_check": gate.check,
        "gate_at": now,
    }
    return _write(ticket, chosen=chosen, by=by, now=now)


def _passed(gate: Gate, *, reason: str) -> str:
    """The reason why it passes the gate; empty where the gate is open, whatever was written."""
    if gate.is_open:
        return ""
    words = " ".join(reason.split())
    if not gate.is_passable or not words:
        raise Refused(gate.barrier.value, str(gate.barrier.label))
    if len(words) < SHORTEST_REASON:
        raise Refused("reason_too_short", _("Write at least ten characters about why it goes on."))
    return words[:1000]


def _refuse_open_items(ticket: Ticket) -> None:
    left = [item.text for checklist in checklists_of(ticket) for item in checklist.open_items]
    if left:
        words = _("Not ticked yet: %(items)s") % {"items": "; ".join(left)}
        raise Refused("baseline_open", words)


def _refuse_entitlement(entitlement: Entitlement) -> None:
    if entitlement.obstacles:
        raise Refused("not_entitled", " ".join(rule.why for rule in entitlement.obstacles))
    if entitlement.who != Who.US:
        raise Refused("not_ours", f"{Who(entitlement.who).label}. {entitlement.rules[0].why}")


def _write(ticket: Ticket, *, chosen: dict[str, Any], by: User, now: datetime) -> Escalation:
    """A second press finds the draft of the first, with what holds now."""
    customer = ticket.customer
    if customer is None:
        raise NoCustomer
    after = {"way": chosen["way"], "plan": chosen["plan"]}
    if chosen["passed_barrier"]:
        words = {"barrier": chosen["passed_barrier"], "reason": chosen["override_reason"]}
        record(Action.ESCALATION_GATE_PASSED, by=by, about=ticket, customer=customer.tenant_id, after=words)
    draft = ticket.escalations.filter(state=Escalation.State.DRAFT).order_by("-escalation_no").first()
    if draft is not None:
        for field, value in chosen.items():
            setattr(draft, field, value)
        draft.save(update_fields=list(chosen))
        return draft
    last = ticket.escalations.order_by("-escalation_no").first()
    number = last.escalation_no + 1 if last else 1
    made = Escalation.objects.create(
        ticket=ticket, escalation_no=number, cloud=customer.cloud, created_at=now, created_by=by, **chosen
    )
    record(Action.ESCALATION_BEGUN, by=by, about=made, customer=customer.tenant_id, after=after)
    return made
