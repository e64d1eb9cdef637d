"""The verbs of the desk: open a ticket, note, reply, take in a further word, take a reply back."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr
from uuid import UUID

from django.conf import settings
from django.db import transaction

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.notices.kinds import EventKind
from support.changes import apply, begin_turn, locked, touch
from support.lists.indexing import index_ticket
from support.models import ENDED, Draft, Entry, Follower, OutgoingMail, Status, Ticket, TicketChange
from support.reopening import heir_of
from support.ringing import ring_followers, ring_mentioned
from support.sla.clocks import follow
from support.telling import tell
from support.values import Incoming, NewTicket

UNDO_SECONDS = 10
WITH_REPLY = "reply"
# A word of the customer gives us the ball back in these.
_WOKEN_BY_CUSTOMER = (Status.WAITING_CUSTOMER, Status.VERIFYING, Status.SOLVED)


@transaction.atomic
def open_ticket(new: NewTicket, *, by: User | None, now: datetime) -> Ticket:
    """The ticket with the customer's words as its first entry; `by` is who of us noted it, if anybody."""
    ticket = Ticket.objects.create(
        customer=new.customer,
        contact=new.contact,
        requester_name=new.requester_name,
        requester_address=new.requester_address,
        subject=new.subject,
        family=new.family,
        service=new.service,
        kind=new.kind,
        severity=new.severity,
        impact=new.impact,
        queue=new.queue,
        tags=list(new.tags),
        language=new.language,
        channel=new.channel,
        created_at=now,
        created_by=by,
        updated_at=now,
        asked_at=now,
    )
    begin_turn(ticket, now=now)
    follow(ticket, now=now)
    ticket.save(update_fields=["clocks_due_at", "promise_at"])
    first = Incoming(
        text=new.text,
        channel=new.channel,
        sender_name=new.requester_name,
        sender_address=new.requester_address,
        html=new.html,
        quoted=new.quoted,
    )
    _message(ticket, first, by=by, now=now)
    index_ticket(ticket)
    tell(EventKind.TICKET_OPENED, ticket, now=now)
    if by is not None:
        record(Action.TICKET_OPENED, by=by, about=ticket, customer=_tenant(ticket), after={"subject": ticket.subject})
    return ticket


@transaction.atomic
def add_note(
    number: int,
    *,
    text: str,
    by: User | None,
    now: datetime,
    mentions: Sequence[User] = (),
    keeps_draft: bool = False,
) -> Entry:
    """An internal note; who is mentioned follows the ticket from now on. Without a person it is the portal's own.

    `keeps_draft` where this person did not just write it: what they are writing stays.
    """
    ticket = locked(number)
    entry = Entry.objects.create(ticket=ticket, kind=Entry.Kind.NOTE, at=now, author=by, text=text)
    ring_mentioned(entry, (person for person in mentions if person != by), now=now)
    Follower.objects.bulk_create((Follower(ticket=ticket, person=person) for person in mentions), ignore_conflicts=True)
    if not keeps_draft:
        _forget_draft(ticket, by=by)
    touch(ticket, now=now)
    return entry


@transaction.atomic
def reply(
    number: int,
    *,
    text: str,
    to: Sequence[str],
    by: User | None,
    now: datetime,
    cc: Sequence[str] = (),
    status: Status | None = None,
    undo_seconds: int = UNDO_SECONDS,
) -> Entry:
    """A public reply; by mail where `to` names somebody, after the seconds in which it can be taken back."""
    ticket = locked(number)
    entry = Entry.objects.create(ticket=ticket, kind=Entry.Kind.REPLY, is_public=True, at=now, author=by, text=text)
    if to:
        OutgoingMail.objects.create(
            entry=entry,
            to=list(to),
            cc=list(cc),
            subject=ticket.subject,
            message_id=f"{secrets.token_hex(16)}@{_mail_domain()}",
            due_at=now + timedelta(seconds=undo_seconds),
        )
    ticket.answered_at = now
    ticket.first_answered_at = ticket.first_answered_at or now
    if status is None and ticket.status == Status.NEW:
        status = Status.OPEN
    apply(ticket, values={"status": status} if status else {}, by=by, now=now, because=WITH_REPLY)
    _forget_draft(ticket, by=by)
    touch(ticket, now=now)
    if by is not None:
        record(Action.TICKET_ANSWERED, by=by, about=ticket, customer=_tenant(ticket), after={"to": [*to, *cc]})
    return entry


@transaction.atomic
def undo_reply(entry: Entry, *, by: User, now: datetime) -> bool:
    """Take a reply back while its mail has not begun to leave; its words become the writer's draft again."""
    ticket = locked(entry.ticket_id)
    waiting = OutgoingMail.objects.filter(entry=entry, state=OutgoingMail.State.WAITING)
    if not waiting.update(state=OutgoingMail.State.UNDONE, due_at=None):
        return False
    entry.undone_at = now
    entry.save(update_fields=["undone_at"])
    words = {"kind": Entry.Kind.REPLY, "text": entry.text, "kept_at": now}
    Draft.objects.update_or_create(ticket=ticket, person=by, defaults=words)
    said = Entry.objects.public().filter(ticket=ticket, kind=Entry.Kind.REPLY).order_by("at")
    moments = list(said.values_list("at", flat=True))
    ticket.first_answered_at, ticket.answered_at = (moments[0], moments[-1]) if moments else (None, None)
    _give_back_status(ticket, entry, now=now)
    touch(ticket, now=now)
    return True


def _give_back_status(ticket: Ticket, entry: Entry, *, now: datetime) -> None:
    """What became of the ticket with the reply goes with it, where nobody has changed it since."""
    changes = TicketChange.objects.filter(ticket=ticket, field="status")
    newest = changes.order_by("-at", "-pk").first()
    came_with_it = newest is not None and (newest.because, newest.at, newest.by_id) == (
        WITH_REPLY,
        entry.at,
        entry.author_id,
    )
    if newest is None or not came_with_it or newest.after != ticket.status:
        return
    reopened = max(0, ticket.reopened - (newest.before in ENDED))
    apply(ticket, values={"status": Status(newest.before)}, by=entry.author, now=now)
    ticket.reopened = reopened


@transaction.atomic
def receive(number: int, incoming: Incoming, *, now: datetime) -> Entry:
    """A further word of the customer: wakes the ticket, gives us the ball back, and reopens a solved one."""
    ticket = locked(number)
    if ticket.merged_into_id is not None and (heir := heir_of(ticket)) != ticket:
        ticket = locked(heir.pk)
    ticket.asked_at = now
    entry = _message(ticket, incoming, by=None, now=now)
    values: dict[str, object] = {"snoozed_until": None}
    if ticket.status in _WOKEN_BY_CUSTOMER:
        values["status"] = Status.OPEN
    apply(ticket, values=values, by=None, now=now, because="message")
    touch(ticket, now=now)
    tell(EventKind.TICKET_WORD, ticket, now=now)
    ring_followers(ticket, now=now)
    return entry


def _message(ticket: Ticket, incoming: Incoming, *, by: User | None, now: datetime) -> Entry:
    return Entry.objects.create(
        ticket=ticket,
        kind=Entry.Kind.MESSAGE,
        is_public=True,
        channel=incoming.channel,
        at=now,
        author=by,
        sender_name=incoming.sender_name,
        sender_address=incoming.sender_address,
        text=incoming.text,
        html=incoming.html,
        quoted=incoming.quoted,
    )


def _mail_domain() -> str:
    return parseaddr(settings.SUPPORT_FROM)[1].partition("@")[2]


def _tenant(ticket: Ticket) -> UUID | None:
    return ticket.customer.tenant_id if ticket.customer else None


def _forget_draft(ticket: Ticket, *, by: User | None) -> None:
    if by is not None:
        Draft.objects.filter(ticket=ticket, person=by).delete()
