"""What customers write on their pages, as tickets and words of tickets."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from csp_portal.notices.kinds import EventKind
from csp_portal.notices.kinds import Severity as Weight
from customers.models import Contact, Customer
from support.attaching import Upload, add_files
from support.changes import change
from support.desk import add_note, open_ticket, receive
from support.merging import link
from support.models import (
    Channel,
    CustomerPerson,
    Entry,
    Family,
    Queue,
    Rating,
    Severity,
    Status,
    Ticket,
)
from support.telling import tell
from support.values import Incoming, NewTicket

RATED_WITHIN = timedelta(days=14)
MOST_FILES = 5


@transaction.atomic
def open_request(
    customer: Customer,
    said: Mapping[str, Any],
    *,
    name: str,
    address: str,
    language: str,
    channel: Channel,
    files: Sequence[Upload],
    now: datetime,
    after: Ticket | None = None,
) -> Ticket:
    """The ticket of a request with its files, all of it or nothing; `after` is the closed one that it goes on from."""
    queue = Queue.objects.filter(is_used=True).order_by("name").first()
    if queue is None:
        queue = Queue.objects.order_by("pk")[0]
    new = NewTicket(
        subject=said["subject"],
        text=said["text"],
        queue=queue,
        channel=channel,
        customer=customer,
        contact=Contact.objects.kept().filter(customer=customer, address__iexact=address).first(),
        requester_name=name,
        requester_address=address,
        family=Family(said["family"]),
        severity=Severity(said["severity"]),
        impact=said["impact"],
        language=language,
    )
    ticket = open_ticket(new, by=None, now=now)
    add_files(ticket.entries.get(), files[:MOST_FILES])
    if after is not None:
        link(ticket.pk, to=after.pk, by=None, now=now)
        words = _("It goes on from ticket #%(number)d, which is over.") % {"number": after.pk}
        add_note(ticket.pk, text=words, by=None, now=now)
    return ticket


@transaction.atomic
def add_word(ticket: Ticket, *, text: str, person: CustomerPerson, files: Sequence[Upload], now: datetime) -> Entry:
    incoming = Incoming(
        text=text, channel=Channel.CUSTOMER_PAGE, sender_name=person.name, sender_address=person.address
    )
    entry = receive(ticket.pk, incoming, now=now)
    add_files(entry, files[:MOST_FILES])
    return entry


def end_request(ticket: Ticket, *, now: datetime) -> None:
    """The customer says that it is solved; a further word opens it again."""
    change(ticket.pk, values={"status": Status.SOLVED, "snoozed_until": None}, by=None, now=now, because="customer")


def may_rate(ticket: Ticket, *, now: datetime) -> bool:
    return ticket.is_ended and ticket.solved_at is not None and now <= ticket.solved_at + RATED_WITHIN


@transaction.atomic
def rate(ticket: Ticket, *, is_good: bool, words: str, person: CustomerPerson, now: datetime) -> None:
    """The last word counts."""
    told = {"is_good": is_good, "words": words, "at": now, "by": person}
    Rating.objects.update_or_create(ticket=ticket, defaults=told)
    weight = Weight.INFO if is_good else Weight.WARNING
    tell(EventKind.TICKET_RATED, ticket, now=now, severity=weight, rating="good" if is_good else "bad")
