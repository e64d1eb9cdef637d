"""What the desk takes and gives: values, so that pages, mails and the API all speak to it in the same way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from customers.models import Contact, Customer
from health.models import Service
from support.models import Channel, Family, Kind, Queue, Severity, Ticket


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTicket:
    """A request as it came in, before it has a number; `text` is the customer's own words and public."""

    subject: str
    text: str
    queue: Queue
    channel: Channel
    customer: Customer | None = None
    contact: Contact | None = None
    requester_name: str = ""
    requester_address: str = ""
    html: str = ""
    quoted: str = ""
    family: Family = Family.MICROSOFT_365
    service: Service | None = None
    kind: Kind = Kind.TECHNICAL
    severity: Severity = Severity.C
    impact: str = ""
    language: str = "en"
    tags: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """A further word from outside the house."""

    text: str
    channel: Channel
    sender_name: str = ""
    sender_address: str = ""
    html: str = ""
    quoted: str = ""


class Stale(Exception):
    """Somebody saved meanwhile: nothing was written. `theirs` are the wanted fields as they are now, in plain words."""

    def __init__(self, ticket: Ticket, *, theirs: Mapping[str, Any]) -> None:
        super().__init__(f"ticket {ticket.pk} is at version {ticket.version}")
        self.ticket = ticket
        self.theirs = theirs
