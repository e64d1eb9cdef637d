"""What we promised a customer, as the customer reads it: hours, and how soon we answer and solve."""

from dataclasses import dataclass

from django.db.models import Q

from csp_portal.calendars.models import Calendar
from customers.models import Customer
from support.models import Family, Severity, SlaPolicy, SlaTarget
from support.sla.policies import narrowest


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Minutes of open time; None promises nothing."""

    severity: Severity
    target: SlaTarget | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """`hours` None is around the clock."""

    family: Family
    hours: Calendar | None
    lines: tuple[Line, ...]


def offer_of(customer: Customer) -> tuple[Offer, ...]:
    """Of each product family that anything is promised for; three statements."""
    whose = Q(customer=customer) | Q(customer__isnull=True, tier__in=["", customer.tier])
    policies = list(SlaPolicy.objects.filter(whose).select_related("calendar").prefetch_related("targets"))
    found = []
    for family in Family:
        policy = narrowest(one for one in policies if one.family in {"", family})
        if policy is not None:
            targets = {target.severity: target for target in policy.targets.all()}
            lines = tuple(Line(severity=severity, target=targets.get(severity)) for severity in Severity)
            found.append(Offer(family=family, hours=policy.calendar or customer.calendar, lines=lines))
    return tuple(found)
