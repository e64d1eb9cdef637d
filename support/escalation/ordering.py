"""What people decide about filing: that it is filed, and what became of one of which nobody knows."""

import base64
import re
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.writes import read_switch, why_paused, why_stopped
from support.changes import locked
from support.desk import add_note
from support.escalation.beginning import Refused
from support.escalation.contact import THEIR_CONTACT, is_customers
from support.escalation.gate import Barrier, Gate, gate_of
from support.escalation.outcomes import tell_filed
from support.escalation.requests.matching import normalized
from support.escalation.requests.reading import ask_to_read
from support.escalation.values import PARTS, Filing
from support.models import Escalation, EscalationWatch, ServiceRequest, Ticket

State, Way = Escalation.State, Escalation.Way
MARKER_LENGTH = 20
# How long a draft stands on what was asked when it was begun.
STANDS = timedelta(hours=12)
TOO_OLD = gettext_lazy(
    "This was begun more than 12 hours ago, and what holds may have changed. Begin it anew; the form stays."
)
ANOTHER = gettext_lazy(
    "The ticket's product, kind or severity is another one than when this was begun. Begin it anew; the form stays."
)
# Azure and Microsoft 365 number their requests with 14 to 16 digits, Partner Center and older systems with letters.
NUMBER = re.compile(r"\d{14,17}|[A-Z]{2,4}[-#]?\d{6,16}|\d{9,13}")


@transaction.atomic
def save_form(pk: int, *, filing: Filing, now: datetime) -> Escalation:
    """Keep what the form says so far; what was ordered already stays as it is. `Refused` for a customer's contact."""
    row = _held(pk)
    if is_customers(filing.address, ticket=row.ticket):
        raise Refused("customers_contact", str(THEIR_CONTACT))
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
    _refuse_stale(row, now=now)
    hold_gate(row, by=by, now=now)
    _refuse_form(row.ticket, filing=filing, row=row)
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
    """A person has found it at Microsoft, or filed it by hand: their number is recorded.

    It can be put right until the request was read there under it.
    """
    words = number.strip().upper()
    if not NUMBER.fullmatch(words):
        raise Refused("wrong_number", _("That is no number of Microsoft's, for instance 2611230000123456."))
    row = _held(pk)
    if row.state == State.FILED and not row.remote_id:
        return _correct(row, number=words, by=by, now=now)
    by_hand = row.state == State.DRAFT and row.way != Way.AZURE_API
    if row.state != State.OPERATOR and not by_hand:
        raise Refused("not_open", _("Somebody has decided this already, or it is being filed."))
    if by_hand:
        _refuse_stale(row, now=now)
        row.ordered_by = by
    row.state, row.microsoft_number, row.filed_at, row.problem = State.FILED, words, now, ""
    row.epoch, row.lease_until = row.epoch + 1, None
    row.save()
    tell_filed(row, now=now)
    if by_hand and row.ticket.customer:
        transaction.on_commit(partial(ask_to_read, row.ticket.customer, now=now))  # without the ticket's lock
    record(Action.ESCALATION_SETTLED, by=by, about=row, customer=_tenant(row), after={"microsoft_number": words})
    return row


def _correct(row: Escalation, *, number: str, by: User, now: datetime) -> Escalation:
    """Another number for the same request; what follows it looks for that one now."""
    before, row.microsoft_number = row.microsoft_number, number
    if before == number:
        return row
    row.save(update_fields=["microsoft_number"])
    EscalationWatch.objects.filter(escalation=row, due_at__isnull=False).update(due_at=now)
    for one in row.service_requests.all():
        if normalized(one.request_id) == normalized(before):  # matched by the number that was wrong
            ServiceRequest.objects.filter(pk=one.pk).update(escalation=None)
    if row.ticket.customer:
        transaction.on_commit(partial(ask_to_read, row.ticket.customer, now=now))
    words = _("Microsoft's number of escalation %(number)d is now %(theirs)s, not %(before)s.")
    told = words % {"number": row.escalation_no, "theirs": number, "before": before}
    add_note(row.ticket_id, text=told, by=None, now=now)
    facts: dict[str, Any] = {"before": {"microsoft_number": before}, "after": {"microsoft_number": number}}
    record(Action.ESCALATION_SETTLED, by=by, about=row, customer=_tenant(row), **facts)
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


def why_not_now(row: Escalation, *, now: datetime) -> str:
    """Why a draft can't go to Microsoft as it is, be it by this portal or by hand; empty where it can."""
    gate = gate_of(row.ticket, now=now)
    if stale := _why_stale(row, now=now)[1]:
        return stale
    return "" if passes(row, gate=gate) else str(gate.barrier.label)


def _refuse_stale(row: Escalation, *, now: datetime) -> None:
    code, why = _why_stale(row, now=now)
    if why:
        raise Refused(code, why)


def _why_stale(row: Escalation, *, now: datetime) -> tuple[str, str]:
    """Gate, checklist and entitlement were asked for the ticket as it was then: what was not may not go."""
    if now - _asked_at(row) > STANDS:
        return "draft_too_old", str(TOO_OLD)
    ticket = row.ticket
    is_same = (row.product, row.kind, row.severity) == (ticket.family, ticket.kind, ticket.severity)
    return ("", "") if is_same else ("ticket_changed", str(ANOTHER))


def _asked_at(row: Escalation) -> datetime:
    return row.gate_at or row.created_at


def hold_gate(row: Escalation, *, by: User, now: datetime) -> None:
    """`Refused` unless the gate is open now, or what stands in the way was passed with a reason; audited again then."""
    gate = gate_of(row.ticket, now=now)
    if not passes(row, gate=gate):
        raise Refused(gate.barrier.value, str(gate.barrier.label))
    if not gate.is_open:
        told = {"barrier": gate.barrier.value, "reason": row.override_reason}
        record(Action.ESCALATION_GATE_PASSED, by=by, about=row.ticket, customer=_tenant(row), after=told)
    row.health_check, row.gate_at = gate.check or row.health_check, now


def passes(row: Escalation, *, gate: Gate) -> bool:
    """A reason is good for what it was written about, and for no other issue of Microsoft's."""
    if gate.is_open:
        return True
    is_same = gate.is_passable and bool(row.override_reason) and row.passed_barrier == gate.barrier.value
    if not is_same or gate.barrier != Barrier.ACTIVE_ISSUE:
        return is_same
    known = row.health_check.issue_ids if row.health_check else []
    return gate.check is not None and set(gate.check.issue_ids) <= set(known)


def _refuse_form(ticket: Ticket, *, filing: Filing, row: Escalation) -> None:
    missing = filing.missing(kind=row.kind, way=row.way)
    if missing:
        words = _("Missing, or not as Microsoft takes it: %(parts)s")
        raise Refused("incomplete", words % {"parts": "; ".join(str(PARTS[name]) for name in missing)})
    if is_customers(filing.address, ticket=ticket):
        raise Refused("customers_contact", str(THEIR_CONTACT))


def _marker_of(row: Escalation) -> str:
    """20 characters that nobody guesses, the same whenever they are reckoned."""
    digest = salted_hmac("support.escalation.marker", str(row.pk), algorithm="sha256").digest()
    return base64.b32encode(digest).decode()[:MARKER_LENGTH]


def _tenant(row: Escalation) -> UUID | None:
    return row.ticket.customer.tenant_id if row.ticket.customer else None
