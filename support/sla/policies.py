"""Which promise holds for a ticket: the narrowest one that fits."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from csp_portal.calendars.hours import ALWAYS, Hours, hours_of
from csp_portal.calendars.models import Calendar
from support.models import MicrosoftTarget, OfferVersion, SlaClock, SlaPolicy, SlaTarget, Ticket
from support.offers.standing import offered_for

Kind = SlaClock.Kind


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What holds for one ticket now: minutes by kind of clock, the hours that count, and the statuses that do not."""

    policy: SlaPolicy | None = None
    calendar: Calendar | None = None
    hours: Hours = ALWAYS
    minutes: dict[str, int] = field(default_factory=dict)
    pauses_in: frozenset[str] = frozenset()


def promise_of(ticket: Ticket, *, now: datetime) -> Promise:
    """Four to seven statements: the offer that holds now before all policies; without either, only Microsoft's own
    clock runs."""
    minutes = {Kind.MICROSOFT.value: _microsofts(ticket)}
    if (version := offered_for(ticket, now=now)) is not None:
        return _offered(version, ticket, minutes)
    policy = policy_of(ticket)
    if policy is None:
        return Promise(minutes=_promised(minutes))
    target = SlaTarget.objects.filter(policy=policy, severity=ticket.severity).first()
    if target is not None:
        minutes |= {
            Kind.FIRST_RESPONSE.value: target.first_response,
            Kind.UPDATE.value: target.update,
            Kind.SOLUTION.value: target.solution,
        }
    calendar = policy.calendar or (ticket.customer.calendar if ticket.customer else None)
    return Promise(
        policy=policy,
        calendar=calendar,
        hours=hours_of(calendar) if calendar else ALWAYS,
        minutes=_promised(minutes),
        pauses_in=frozenset(policy.pauses_in),
    )


def _offered(version: OfferVersion, ticket: Ticket, minutes: dict[str, int | None]) -> Promise:
    """As it was published: what became of the policy since then was not told to the customer."""
    target = version.promised["targets"].get(ticket.severity, {})
    minutes |= {
        Kind.FIRST_RESPONSE.value: target.get("first_response"),
        Kind.UPDATE.value: target.get("update"),
        Kind.SOLUTION.value: target.get("solution"),
    }
    return Promise(
        policy=version.policy,
        calendar=version.calendar,
        hours=hours_of(version.calendar) if version.calendar else ALWAYS,
        minutes=_promised(minutes),
        pauses_in=frozenset(version.promised["pauses_in"]),
    )


def policy_of(ticket: Ticket) -> SlaPolicy | None:
    """Customer and family before customer, before tier and family, before tier, before family, before all others."""
    customer, tier = ticket.customer, ticket.customer.tier if ticket.customer else ""
    whose = Q(customer__isnull=True, tier__in=["", tier])
    if customer is not None:
        whose |= Q(customer=customer)
    found = SlaPolicy.objects.filter(whose, family__in=["", ticket.family]).select_related("calendar")
    return narrowest(found)


def narrowest(found: Iterable[SlaPolicy]) -> SlaPolicy | None:
    """Of policies that all fit."""
    return max(found, key=_narrowness, default=None)


def _narrowness(policy: SlaPolicy) -> tuple[bool, bool, bool]:
    return policy.customer_id is not None, bool(policy.tier), bool(policy.family)


def _microsofts(ticket: Ticket) -> int | None:
    return MicrosoftTarget.objects.filter(severity=ticket.severity).values_list("minutes", flat=True).first()


def _promised(minutes: dict[str, int | None]) -> dict[str, int]:
    return {kind: value for kind, value in minutes.items() if value}
