"""One change of many tickets: asked for, looked at, then carried out row by row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, may
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from support.access import sees_ticket, visible_tickets
from support.changes import change
from support.models import BulkChange, BulkRow, Macro, Queue, Severity, Status, Ticket
from support.tools.macros import run

MOST = 1000
SNOOZES: dict[str, tuple[timedelta, str | Promise]] = {
    "4": (timedelta(hours=4), _("for four hours")),
    "24": (timedelta(days=1), _("until tomorrow")),
    "168": (timedelta(days=7), _("for a week")),
    "0": (timedelta(0), _("no longer")),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A change as it was chosen: the field, what it becomes, and how a person reads it."""

    field: str
    value: Any
    label: str | Promise
    word: str | Promise


def wanted_of(chosen: str, *, by: User, asked_at: datetime) -> Wanted | None:
    """What "status:SOLVED" and the like mean; None where it means nothing."""
    what, _sep, value = chosen.partition(":")
    if what == "status" and value in Status.values:
        return Wanted(field="status", value=value, label=_("Status"), word=Status(value).label)
    if what == "severity" and value in Severity.values:
        return Wanted(field="severity", value=value, label=_("Severity"), word=Severity(value).label)
    if what == "snooze" and value in SNOOZES:
        pause, word = SNOOZES[value]
        return Wanted(field="snoozed_until", value=asked_at + pause if pause else None, label=_("Snooze"), word=word)
    return _of_row(what, value, by=by)


def _of_row(what: str, value: str, *, by: User) -> Wanted | None:
    if what == "owner" and value == "none":
        return Wanted(field="owner", value=None, label=_("Owner"), word=_("nobody"))
    key = by.pk if value == "me" else int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0
    if what == "owner":
        person = User.objects.filter(pk=key, is_active=True).first()
        if person is not None and may(person, Capability.WORK_TICKETS):
            return Wanted(field="owner", value=person, label=_("Owner"), word=person.name)
    if what == "macro":
        macro = Macro.objects.select_related("queue", "reply").filter(pk=key).first()
        if macro is not None:
            return Wanted(field="macro", value=macro, label=_("Macro"), word=macro.name)
    if what == "queue":
        queue = Queue.objects.filter(pk=key, is_used=True).first()
        if queue is not None:
            return Wanted(field="queue", value=queue, label=_("Queue"), word=queue.name)
    return None


@transaction.atomic
def start(numbers: Sequence[int], *, chosen: str, by: User, now: datetime) -> BulkChange:
    """Write down what is to be done; the worker does it."""
    bulk = BulkChange.objects.create(person=by, change=chosen, asked_at=now, due_at=now)
    BulkRow.objects.bulk_create(BulkRow(bulk=bulk, number=number) for number in dict.fromkeys(numbers[:MOST]))
    record(Action.TICKETS_CHANGED, by=by, about=bulk, after={"change": chosen, "tickets": len(numbers)})
    return bulk


def stop(bulk: BulkChange, *, now: datetime) -> None:
    """Nothing more of it is begun; the row in hand is finished."""
    BulkChange.objects.filter(pk=bulk.pk, due_at__isnull=False).update(due_at=None, stopped_at=now)


def carry_out(*, now: datetime, most: int = 500) -> int:
    """Do rows of changes that are due, each in a transaction of its own; returns how many.

    A row is done together with its mark, so that whoever dies in between has done nothing; many may work at once.
    """
    done = 0
    for bulk in BulkChange.objects.filter(due_at__lte=now).order_by("due_at").select_related("person"):
        while done < most and _next_row(bulk, now=now):
            done += 1
        if not bulk.rows.filter(state=BulkRow.State.PENDING).exists():
            BulkChange.objects.filter(pk=bulk.pk).update(due_at=None)
    return done


@transaction.atomic
def _next_row(bulk: BulkChange, *, now: datetime) -> bool:
    rows = BulkRow.objects.select_for_update(skip_locked=True, of=("self",)).order_by("number")
    row = rows.filter(bulk=bulk, state=BulkRow.State.PENDING, bulk__due_at__isnull=False).first()
    if row is None:
        return False
    row.state = _do(bulk, row.number, now=now)
    row.save(update_fields=["state"])
    return True


def _is_lost(ticket: Ticket, wanted: Wanted) -> bool:
    return wanted.field == "owner" and wanted.value is not None and not sees_ticket(wanted.value, ticket.pk)


def _do(bulk: BulkChange, number: int, *, now: datetime) -> BulkRow.State:
    """The person's rights count as they are now: who lost them meanwhile changes nothing more."""
    wanted = wanted_of(bulk.change, by=bulk.person, asked_at=bulk.asked_at)
    is_allowed = may(bulk.person, Capability.WORK_TICKETS)
    ticket = visible_tickets(bulk.person).filter(pk=number).first() if is_allowed and wanted else None
    if ticket is None or wanted is None or _is_lost(ticket, wanted):
        return BulkRow.State.REFUSED
    if wanted.field == "macro":  # without its reply: nobody would read it before it is sent
        after = run(wanted.value, number, by=bulk.person, now=now, writes_reply=False)
    else:
        after = change(number, values={wanted.field: wanted.value}, by=bulk.person, now=now)
    return BulkRow.State.SAME if after.version == ticket.version else BulkRow.State.DONE
