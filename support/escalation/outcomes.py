"""What became of a filing, said on its row, its ticket and in the audit; only by who holds the row."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.microsoft.azure_support import SupportTicket
from support.changes import apply, locked
from support.desk import add_note
from support.escalation.entitling import plans_of
from support.escalation.following.begin import begin_watch
from support.escalation.tempo import Clock, Tempo
from support.models import ENDED, Escalation, Status, SupportPlan

State = Escalation.State


class Superseded(Exception):
    """Somebody else holds the row by now, so nothing of this is true any more."""


def save(row: Escalation, **columns: Any) -> None:
    """Raises Superseded where the epoch is no longer the row's."""
    if not Escalation.objects.filter(pk=row.pk, epoch=row.epoch).update(**columns):
        raise Superseded
    for name, value in columns.items():
        if isinstance(value, str | int | bool):
            setattr(row, name, value)


def put_off(row: Escalation, *, seconds: float, problem: str, fails: bool = False) -> None:
    """Due again after so many seconds, in the state it has."""
    counted = {"failures": row.failures + 1} if fails else {}
    save(row, lease_until=Clock() + timedelta(seconds=seconds), problem=problem[:500], **counted)


def lose(row: Escalation, *, problem: str, tempo: Tempo) -> None:
    """Nobody knows whether it was made; the first look comes after the quiet period."""
    due = {"state": State.UNKNOWN, "looks": 0, "failures": 0, "lease_until": Clock() + tempo.quiet}
    save(row, problem=problem[:500], **due)


@transaction.atomic
def adopt(row: Escalation, *, ticket: SupportTicket, now: datetime, has_twin: bool = False) -> None:
    """It is at Microsoft: their number stands on the row and, as a note, on the ticket, which waits for them."""
    locked(row.ticket_id)  # first the ticket, then the row, as everybody does
    save(
        row,
        state=State.FILED,
        remote_id=ticket.id[:300],
        microsoft_number=ticket.number[:40],
        filed_at=Clock(),
        lease_until=None,
        problem="",
        has_twin=has_twin,
    )
    tell_filed(row, now=now)
    if has_twin:
        words = _("Microsoft has more than one request for this escalation. Close the others there.")
        add_note(row.ticket_id, text=words, by=None, now=now)


def tell_filed(row: Escalation, *, now: datetime) -> None:
    """For who holds the transaction in which it became filed."""
    held = locked(row.ticket_id)
    if held.status not in ENDED:
        apply(held, values={"status": Status.WAITING_MICROSOFT}, by=row.ordered_by, now=now)
    words = _("Escalation %(number)d is filed with Microsoft under %(theirs)s.")
    told = words % {"number": row.escalation_no, "theirs": row.microsoft_number}
    add_note(row.ticket_id, text=told, by=None, now=now)
    _count_incident(row, now=now)
    begin_watch(row, now=now)
    after = {"microsoft_number": row.microsoft_number, "plan": row.plan}
    record(Action.ESCALATION_FILED, by=row.ordered_by, about=row, customer=_tenant(row), after=after)


def _count_incident(row: Escalation, *, now: datetime) -> None:
    """One less of the plan it was filed under, where they are counted."""
    customer = row.ticket.customer
    if customer is None:
        return
    plans = [plan for plan in plans_of(customer, on=timezone.localdate(now)) if plan.kind == row.plan]
    if any(plan.incidents_left is None for plan in plans):  # one that is not counted covers it
        return
    for plan in plans[:1]:
        left = SupportPlan.objects.filter(pk=plan.pk, incidents_left__gt=0)
        left.update(incidents_left=F("incidents_left") - 1)


@transaction.atomic
def set_aside(row: Escalation, *, problem: str, now: datetime) -> None:
    """Only a person can go on with it; the ticket says so."""
    locked(row.ticket_id)
    save(row, state=State.OPERATOR, problem=problem[:500], lease_until=None)
    record(
        Action.ESCALATION_SET_ASIDE,
        by=row.ordered_by,
        about=row,
        customer=_tenant(row),
        after={"state": State.OPERATOR.value, "problem": problem[:500]},
    )
    _say_waiting(row, now=now)


@transaction.atomic
def give_back(row: Escalation, *, problem: str, now: datetime) -> None:
    """Microsoft looked at it and made nothing: it is a draft again, to be put right."""
    locked(row.ticket_id)
    save(row, state=State.DRAFT, problem=problem[:500], lease_until=None)
    after = {"state": State.DRAFT.value, "problem": problem[:500]}
    record(Action.ESCALATION_SET_ASIDE, by=row.ordered_by, about=row, customer=_tenant(row), after=after)
    _say_waiting(row, now=now)


def _say_waiting(row: Escalation, *, now: datetime) -> None:
    words = _("Escalation %(number)d waits for one of us: %(problem)s")
    told = words % {"number": row.escalation_no, "problem": row.problem}
    add_note(row.ticket_id, text=told, by=None, now=now)


def _tenant(row: Escalation) -> UUID | None:
    return row.ticket.customer.tenant_id if row.ticket.customer else None
