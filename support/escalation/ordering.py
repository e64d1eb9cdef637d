"""What people decide about filing: that it is filed, and what became of one of which nobody knows."""

import base64
import re
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.writes import read_switch, why_paused, why_stopped
from support.changes import locked
from support.escalation.beginning import Refused
from support.escalation.gate import gate_of
from support.escalation.outcomes import tell_filed
from support.escalation.requests.reading import ask_to_read
from support.escalation.values import PARTS, Filing
from support.models import Escalation, Ticket

State, Way = Escalation.State, Escalation.Way
MARKER_LENGTH = 20
# Azure and Microsoft 365 number their requests with 14 to 16 digits, Partner Center and older systems with letters.
NUMBER = re.compile(r"\d{14,17}|[A-Z]{2,4}[-#]?\d{6,16}|\d{9,13}")


@transaction.atomic
def save_form(pk: int, *, filing: Filing, now: datetime) -> Escalation:
    """Keep what the form says so far; what was ordered already stays as it is."""
    row = _held(pk)
    if row.state == State.DRAFT:
        row.form = filing.as_json()
        row.save(update_fields=["form"])
    return row


@transaction.atomic
def order_filing(pk: int, *, filing: Filing, by: User, now: datetime) -> Escalation:
    """Let the draft be filed with Azure Support; a second click finds it ordered and changes nothing.

    `Refused` where something is missing or stands in the way.
    """
    row = _held(pk)
    if row.state != State.DRAFT:
        return row
    _refuse_way(row)
    _refuse_gate(row, now=now)
    _refuse_form(row.ticket, filing=filing, kind=row.kind)
    switch, customer = read_switch(), row.ticket.customer
    stopped = why_stopped(switch) or why_paused(customer, connection=customer.connection if customer else None)
    if stopped:
        raise Refused("writes_stopped", stopped)
    row.form, row.marker = filing.as_json(), row.marker or _marker_of(row)
    row.state, row.era, row.ordered_by, row.problem = State.PENDING, switch.era, by, ""
    row.attempts, row.is_resent, row.operation_url, row.lease_until = 0, False, "", None
    row.epoch += 1
    row.save()
    after = {"marker": row.marker, "severity": row.severity}
    record(Action.ESCALATION_ORDERED, by=by, about=row, customer=_tenant(row), after=after)
    return row


@transaction.atomic
def settle_as_filed(pk: int, *, number: str, by: User, now: datetime) -> Escalation:
    """A person has found it at Microsoft, or filed it by hand: their number is recorded."""
    words = number.strip().upper()
    if not NUMBER.fullmatch(words):
        raise Refused("wrong_number", _("That is no number of Microsoft's, for instance 2611230000123456."))
    row = _held(pk)
    by_hand = row.state == State.DRAFT and row.way != Way.AZURE_API
    if row.state != State.OPERATOR and not by_hand:
        raise Refused("not_open", _("Somebody has decided this already, or it is being filed."))
    if by_hand:
        row.ordered_by = by
    row.state, row.microsoft_number, row.filed_at, row.problem = State.FILED, words, now, ""
    row.epoch, row.lease_until = row.epoch + 1, None
    row.save()
    tell_filed(row, now=now)
    if by_hand and row.ticket.customer:
        ask_to_read(row.ticket.customer, now=now)
    record(Action.ESCALATION_SETTLED, by=by, about=row, customer=_tenant(row), after={"microsoft_number": words})
    return row


@transaction.atomic
def settle_as_not_filed(pk: int, *, by: User, now: datetime) -> Escalation:
    """A person has looked and found nothing at Microsoft: it is filed again, as what this person ordered."""
    row = _held(pk)
    if row.state != State.OPERATOR:
        raise Refused("not_open", _("Somebody has decided this already, or it is being filed."))
    row.state, row.era, row.ordered_by, row.problem = State.PENDING, read_switch().era, by, ""
    row.attempts, row.is_resent, row.operation_url, row.lease_until = 0, False, "", None
    row.looks, row.failures = 0, 0
    row.epoch += 1
    row.save()
    record(Action.ESCALATION_SETTLED, by=by, about=row, customer=_tenant(row), after={"state": row.state})
    return row


def _held(pk: int) -> Escalation:
    """First the ticket, then the row, as everybody does."""
    locked(Escalation.objects.values_list("ticket_id", flat=True).get(pk=pk))
    found = Escalation.objects.select_for_update(of=("self",))
    return found.select_related("ticket__customer__connection", "ticket__service").get(pk=pk)


def _refuse_way(row: Escalation) -> None:
    if row.way != Way.AZURE_API:
        raise Refused("not_by_api", _("Microsoft takes this one only in its own portal. File it there."))


def _refuse_gate(row: Escalation, *, now: datetime) -> None:
    """What the draft passed with a reason is passed; everything else has to hold still."""
    gate = gate_of(row.ticket, now=now)
    if not gate.is_open and not (gate.is_passable and row.override_reason):
        raise Refused(gate.barrier.value, str(gate.barrier.label))


def _refuse_form(ticket: Ticket, *, filing: Filing, kind: str) -> None:
    missing = filing.missing(kind=kind)
    if missing:
        words = _("Missing, or not as Microsoft takes it: %(parts)s")
        raise Refused("incomplete", words % {"parts": "; ".join(str(PARTS[name]) for name in missing)})
    if is_customers(filing.address, ticket=ticket):
        raise Refused("customers_contact", _("Microsoft answers us, not the customer. Name one of our own people."))


def is_customers(address: str, *, ticket: Ticket) -> bool:
    """Whether a mail address is the customer's: their domains, who asked, or a contact of theirs."""
    wanted, customer = address.strip().casefold(), ticket.customer
    if wanted == ticket.requester_address.casefold():
        return True
    if customer is None:
        return False
    domains = {name.casefold() for name in (customer.domain, customer.initial_domain) if name}
    return wanted.rpartition("@")[2] in domains or customer.contacts.filter(address__iexact=wanted).exists()


def _marker_of(row: Escalation) -> str:
    """20 characters that nobody guesses, the same whenever they are reckoned."""
    digest = salted_hmac("support.escalation.marker", str(row.pk), algorithm="sha256").digest()
    return base64.b32encode(digest).decode()[:MARKER_LENGTH]


def _tenant(row: Escalation) -> UUID | None:
    return row.ticket.customer.tenant_id if row.ticket.customer else None
