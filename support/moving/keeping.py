"""Writes down what another desk knew: as it was then, without starting anything that a new request starts."""

from datetime import datetime

from support.changes import begin_turn
from support.lists.indexing import index_ticket
from support.models import Channel, Entry, Ticket
from support.moving.shapes import Brought, BroughtEntry
from support.sla.clocks import follow


def keep_brought(told: Brought, *, queue_id: int, now: datetime) -> Ticket:
    """The ticket with all its words, in the caller's transaction."""
    ticket = Ticket(
        customer=told.customer,
        requester_name=told.requester_name,
        requester_address=told.requester_address,
        subject=told.subject,
        family=told.family,
        service=told.service,
        kind=told.kind,
        severity=told.severity,
        impact=told.impact,
        queue_id=told.queue.pk if told.queue else queue_id,
        owner=told.owner,
        status=told.status,
        tags=list(told.tags),
        language=told.language,
        created_at=told.created_at,
        updated_at=told.solved_at or told.created_at,
        asked_at=told.created_at,
        first_answered_at=told.answered_at,
        answered_at=told.answered_at,
        solved_at=told.solved_at,
        closed_at=told.solved_at if told.status == "CLOSED" else None,
    )
    first = BroughtEntry(
        kind=Entry.Kind.MESSAGE,
        text=told.text,
        at=told.created_at,
        sender_name=told.requester_name,
        sender_address=told.requester_address,
    )
    return keep_ticket(ticket, said=[first, *told.entries], now=now)[0]


def keep_ticket(ticket: Ticket, *, said: list[BroughtEntry], now: datetime) -> tuple[Ticket, Entry]:
    """A ticket that is not over has its promises from now on: what was promised before was another desk's."""
    ticket.channel = Channel.IMPORT
    ticket.save()
    first, *_further = [_keep_entry(ticket, one) for one in said]
    if not ticket.is_ended:
        begin_turn(ticket, now=now)
        follow(ticket, now=now)
    ticket.save()
    index_ticket(ticket)
    return ticket, first


def keep_entry(ticket: Ticket, told: BroughtEntry) -> Entry:
    """A further word of long ago on a ticket that the caller holds locked."""
    entry = _keep_entry(ticket, told)
    ticket.save()
    index_ticket(ticket)
    return entry


def _keep_entry(ticket: Ticket, told: BroughtEntry) -> Entry:
    is_reply = told.kind == Entry.Kind.REPLY
    entry = Entry.objects.create(
        ticket=ticket,
        kind=told.kind,
        is_public=told.kind != Entry.Kind.NOTE,
        channel=Channel.IMPORT,
        at=told.at,
        author=told.author,
        sender_name=told.sender_name,
        sender_address=told.sender_address,
        text=told.text,
        quoted=told.quoted,
    )
    ticket.updated_at = max(ticket.updated_at, told.at)
    if is_reply:
        ticket.first_answered_at = min(ticket.first_answered_at or told.at, told.at)
        ticket.answered_at = max(ticket.answered_at or told.at, told.at)
    elif told.kind == Entry.Kind.MESSAGE:
        ticket.asked_at = max(ticket.asked_at or told.at, told.at)
    return entry
