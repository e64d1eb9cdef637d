"""Which promise holds for a ticket: the narrowest one that fits."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from csp_portal.calendars.hours import ALWAYS, Hours, hours_as_told, hours_of
from csp_portal.calendars.models import Calendar
from support.models import Escalation, MicrosoftTarget, OfferVersion, SlaClock, SlaPolicy, SlaTarget, Status, Ticket
from support.offers.standing import offered_for

Kind = SlaClock.Kind


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What holds for one ticket now: minutes by kind of clock, the hours that count, and the statuses that do not."""

    policy: SlaPolicy | None = None
    calendar: Calendar | None = None
    hours: Hours = ALWAYS
    kept: dict[str, Any] | None = None
    minutes: dict[str, int] = field(default_factory=dict)
    pauses_in: frozenset[str] = frozenset()


def promise_of(ticket: Ticket, *, now: datetime) -> Promise:
    """Four to seven statements: the offer that holds now before all policies; without either, only Microsoft's own
    clock runs."""
    minutes = {Kind.MICROSOFT.value: microsofts_minutes(ticket)}
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
    """As it was published: what became of the policy and the hours since then was not told to the customer."""
    target = version.promised["targets"].get(ticket.severity, {})
    minutes |= {
        Kind.FIRST_RESPONSE.value: target.get("first_response"),
        Kind.UPDATE.value: target.get("update"),
        Kind.SOLUTION.value: target.get("solution"),
    }
    kept, calendar = version.hours.get("calendar"), version.calendar
    return Promise(
        policy=version.policy,
        calendar=calendar,
        hours=hours_as_told(kept, calendar=calendar) if kept and calendar else ALWAYS,
        kept=kept,
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


def microsofts_minutes(ticket: Ticket) -> int | None:
    """What was found out for the request that is filed, None where Microsoft promises it nothing; else by severity.

    Asked only while it is Microsoft's turn.
    """
    if ticket.status != Status.WAITING_MICROSOFT:
        return None
    filed = Escalation.objects.filter(ticket=ticket, state=Escalation.State.FILED, gate_at__isnull=False)
    found = list(filed.order_by("-filed_at", "-pk").values_list("target_minutes", flat=True)[:1])
    if found:
        return found[0]
    return MicrosoftTarget.objects.filter(severity=ticket.severity).values_list("minutes", flat=True).first()


def _promised(minutes: dict[str, int | None]) -> dict[str, int]:
    return {kind: value for kind, value in minutes.items() if value}
