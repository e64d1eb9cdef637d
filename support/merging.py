"""Two tickets become one, one becomes two, and two are named beside each other: always of the same customer."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from support.changes import apply, locked, touch
from support.desk import add_note, open_ticket
from support.models import Channel, Entry, Family, Follower, Kind, Severity, Status, Ticket, TicketLink
from support.values import NewTicket


class NotJoined(Exception):
    """The tickets stay as they are; the words say why."""


class OfTwoCustomers(NotJoined):
    """Joined, one customer would read the other's words: refused, and written down."""


def merge(number: int, *, into: int, by: User, now: datetime) -> Ticket:
    """Close the ticket for another: its words show there in order, and who answers it arrives there."""
    _same_customer(number, into, by=by)
    with transaction.atomic():
        held = {pk: locked(pk) for pk in sorted((number, into))}
        source, target = held[number], held[into]
        if why := _unmergeable(source, target):
            raise NotJoined(why)
        people = Follower.objects.filter(ticket=source).values_list("person_id", flat=True)
        follow = [Follower(ticket=target, person_id=person) for person in people]
        Follower.objects.bulk_create(follow, ignore_conflicts=True)
        values = {"merged_into": target, "status": Status.CLOSED, "snoozed_until": None}
        apply(source, values=values, by=by, now=now)
        touch(target, now=now)
        _write_down(Action.TICKETS_MERGED, source, target, by=by)
    return target


@transaction.atomic
def unmerge(number: int, *, by: User, now: datetime) -> Ticket:
    """Take a merge back: the ticket is what it was before, with its own words."""
    source = locked(number)
    target = source.merged_into
    if target is None:
        raise NotJoined(_("This ticket is not merged into another one."))
    merged_at = source.changes.filter(field="merged_into").exclude(after="").latest("at", "pk").at
    change = source.changes.filter(field="status", at=merged_at).first()
    reopened = source.reopened
    apply(source, values={"merged_into": None, "status": change.before if change else source.status}, by=by, now=now)
    source.reopened = reopened  # the customer did not come back
    touch(source, now=now)
    _write_down(Action.TICKETS_UNMERGED, source, target, by=by)
    return source


def link(number: int, *, to: int, by: User | None, now: datetime) -> None:
    """Name the tickets beside each other, on the pages of both."""
    if by is not None:
        _same_customer(number, to, by=by)
    if number == to:
        raise NotJoined(_("That is this ticket itself."))
    pair = {"one_id": min(number, to), "other_id": max(number, to)}
    with transaction.atomic():
        made = TicketLink.objects.get_or_create(**pair, defaults={"by": by, "at": now})[1]
        if made and by is not None:
            _note_pair(Action.TICKETS_LINKED, number, to, by=by)


@transaction.atomic
def unlink(number: int, *, to: int, by: User) -> None:
    if TicketLink.objects.filter(one_id=min(number, to), other_id=max(number, to)).delete()[0]:
        _note_pair(Action.TICKETS_UNLINKED, number, to, by=by)


def linked_to(ticket: Ticket) -> list[Ticket]:
    """The tickets beside this one, of its customer only; one statement."""
    pairs = TicketLink.objects.filter(Q(one=ticket) | Q(other=ticket)).values_list("one_id", "other_id")
    numbers = {number for pair in pairs for number in pair} - {ticket.pk}
    return list(Ticket.objects.filter(pk__in=numbers, customer=ticket.customer).order_by("-pk")) if numbers else []


@transaction.atomic
def split(entry: Entry, *, subject: str, by: User, now: datetime) -> Ticket:
    """A ticket of its own for one message of the customer; the message stays where it is, and both name each other."""
    if entry.kind != Entry.Kind.MESSAGE:
        raise NotJoined(_("Only a message of the customer can become a ticket of its own."))
    ticket = locked(entry.ticket_id)
    new = NewTicket(
        subject=subject,
        text=entry.text,
        html=entry.html,
        quoted=entry.quoted,
        queue=ticket.queue,
        channel=Channel(entry.channel),
        customer=ticket.customer,
        contact=ticket.contact,
        requester_name=entry.sender_name or ticket.requester_name,
        requester_address=entry.sender_address or ticket.requester_address,
        family=Family(ticket.family),
        service=ticket.service,
        kind=Kind(ticket.kind),
        severity=Severity(ticket.severity),
        impact=ticket.impact,
        language=ticket.language,
        tags=tuple(ticket.tags),
    )
    opened = open_ticket(new, by=by, now=now)
    words = _("Split from ticket #%(number)d; files of the message are there.") % {"number": ticket.pk}
    add_note(opened.pk, text=words, by=None, now=now)
    link(opened.pk, to=ticket.pk, by=None, now=now)
    return opened


def _same_customer(number: int, other: int, *, by: User) -> None:
    """Refuse, and write down that somebody tried, where the tickets are not of one customer."""
    rows = Ticket.objects.select_related("customer").in_bulk([number, other])
    one, two = rows[number], rows[other]
    if _are_of_one(one, two):
        return
    with transaction.atomic():
        _write_down(Action.TICKETS_KEPT_APART, one, two, by=by)
    raise OfTwoCustomers(
        _("#%(one)d and #%(two)d are not of the same customer: one would read the other's words. They stay apart.")
        % {"one": number, "two": other}
    )


def _are_of_one(one: Ticket, two: Ticket) -> bool:
    """Of one customer; nobody's are of one sender, or stay apart."""
    if one.customer_id is None and two.customer_id is None:
        return one.requester_address.casefold() == two.requester_address.casefold() != ""
    return one.customer_id == two.customer_id


def _unmergeable(source: Ticket, target: Ticket) -> str:
    if source.pk == target.pk:
        return _("That is this ticket itself.")
    if source.merged_into_id is not None:
        return _("It is merged into #%(number)d already.") % {"number": source.merged_into_id}
    if target.merged_into_id is not None:
        return _("#%(number)d is merged into #%(other)d itself: choose that one.") % {
            "number": target.pk,
            "other": target.merged_into_id,
        }
    if not _are_of_one(source, target):
        return _("One of them belongs to another customer since a moment ago.")
    return ""


def _note_pair(action: Action, number: int, other: int, *, by: User) -> None:
    rows = Ticket.objects.select_related("customer").in_bulk([number, other])
    _write_down(action, rows[number], rows[other], by=by)


def _write_down(action: Action, one: Ticket, two: Ticket, *, by: User) -> None:
    tenant = one.customer.tenant_id if one.customer else None
    record(action, by=by, about=one, customer=tenant, after={"other": str(two)})
