"""A change of a ticket: one transaction for its columns, its history and whose turn it is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models, transaction

from csp_portal.accounts.models import User
from support.lists.indexing import index_ticket
from support.models import ENDED, Status, Ticket, TicketChange, TurnSpan
from support.sla.clocks import follow
from support.telling import tell_changes
from support.values import Stale

# What a person or a rule may change; everything else follows from it.
FIELDS = (
    *("customer", "contact", "requester_name", "requester_address", "subject", "family", "service", "kind"),
    *("severity", "impact", "queue", "owner", "status", "tags", "language", "issue", "follows_issue", "suspicion"),
    *("merged_into", "snoozed_until"),
)
_NULLABLE = ("service", "contact", "owner", "issue", "suspicion", "merged_into", "customer")


def locked(number: int) -> Ticket:
    """The ticket as it is now, held against everybody else to the end of the transaction."""
    found = Ticket.objects.select_for_update(of=("self",)).select_related("queue", *_NULLABLE).get(pk=number)
    return found


@transaction.atomic
def change(
    number: int,
    *,
    values: Mapping[str, Any],
    by: User | None,
    now: datetime,
    version: int | None = None,
    because: str = "",
) -> Ticket:
    """Give the fields these values and write down what became of what; `Stale` where `version` is not the current one.

    A stale save that would change nothing, or only what nobody else touched since, is for the caller to send again:
    nothing is merged silently. Without a version it is a rule's or the customer's doing, which looks at the row itself.
    """
    ticket = locked(number)
    if version is not None and version != ticket.version:
        raise Stale(ticket, theirs={field: words_of(ticket, field) for field in values})
    return apply(ticket, values=values, by=by, now=now, because=because)


def apply(ticket: Ticket, *, values: Mapping[str, Any], by: User | None, now: datetime, because: str = "") -> Ticket:
    """The same for a ticket that the caller holds locked."""
    unknown = set(values) - set(FIELDS)
    if unknown:
        raise ValueError(f"not a field of a ticket: {sorted(unknown)}")
    differing = {field: value for field, value in values.items() if getattr(ticket, field) != value}
    if not differing:
        return ticket
    before = {field: words_of(ticket, field) for field in differing}
    former = ticket.status
    for field, value in differing.items():
        setattr(ticket, field, value)
    if ticket.status != former:
        _turn(ticket, former=former, now=now)
    TicketChange.objects.bulk_create(
        TicketChange(
            ticket=ticket,
            at=now,
            by=by,
            field=field,
            before=before[field][:300],
            after=words_of(ticket, field)[:300],
            because=because[:300],
            version=ticket.version + 1,
        )
        for field in differing
    )
    touch(ticket, now=now)
    tell_changes(ticket, before, now=now)
    return ticket


def touch(ticket: Ticket, *, now: datetime) -> None:
    """Save all that was set on a locked ticket, as a new version, with its clocks and what it is found by in step."""
    ticket.updated_at = now
    ticket.version += 1
    follow(ticket, now=now)
    ticket.save()
    index_ticket(ticket)


def begin_turn(ticket: Ticket, *, now: datetime) -> None:
    TurnSpan.objects.create(ticket=ticket, turn=ticket.turn, status=ticket.status, began_at=now)


def _turn(ticket: Ticket, *, former: str, now: datetime) -> None:
    TurnSpan.objects.filter(ticket=ticket, ended_at__isnull=True).update(ended_at=now)
    begin_turn(ticket, now=now)
    if former in ENDED and ticket.status not in ENDED:
        ticket.reopened += 1
    ticket.solved_at = (ticket.solved_at or now) if ticket.status in ENDED else None
    ticket.closed_at = now if ticket.status == Status.CLOSED else None


def words_of(ticket: Ticket, field: str) -> str:
    """A field as its history names it: choices by their key, which each reader sees in their own language."""
    value = getattr(ticket, field)
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, models.Model):
        return str(value)
    return "" if value is None else str(value)
