"""What we promised a customer, as the customer reads it: the offers in force, and how soon we answer besides."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from csp_portal.calendars.models import Calendar
from customers.models import Customer
from support.models import CustomerPerson, Family, OfferTold, OfferVersion, Severity, SlaPolicy, SlaTarget
from support.offers.sheet import Sheet, sheet_of
from support.offers.standing import offers_in_force, promising
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


def sheets_for(person: CustomerPerson, *, now: datetime) -> list[tuple[OfferVersion, Sheet]]:
    """What the register says of their customer; that they saw it is noted."""
    versions = offers_in_force(person.customer, now=now)
    told = {"way": OfferTold.Way.PAGE, "name": person.name, "address": person.address, "language": person.language}
    seen = [OfferTold(version=version, asked_at=now, at=now, **told) for version in versions]
    OfferTold.objects.bulk_create(seen, ignore_conflicts=True)
    return [(version, sheet_of(version)) for version in versions]


def offer_of(customer: Customer, *, but: list[OfferVersion]) -> tuple[Offer, ...]:
    """Of each product family that a policy promises something for, and no offer does; three statements."""
    whose = Q(customer=customer) | Q(customer__isnull=True, tier__in=["", customer.tier])
    policies = list(SlaPolicy.objects.filter(whose).select_related("calendar").prefetch_related("targets"))
    found = []
    for family in Family:
        policy = narrowest(one for one in policies if one.family in {"", family})
        is_offered = promising(one for one in but if one.offer.family in {"", family}) is not None
        if policy is not None and not is_offered:
            targets = {target.severity: target for target in policy.targets.all()}
            lines = tuple(Line(severity=severity, target=targets.get(severity)) for severity in Severity)
            found.append(Offer(family=family, hours=policy.calendar or customer.calendar, lines=lines))
    return tuple(found)
