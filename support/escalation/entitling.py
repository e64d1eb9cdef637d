"""A ticket's entitlement: the facts gathered, and the table as our owners corrected it."""

from dataclasses import replace
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from customers.gdap.capabilities import JOB_OF_KEY
from customers.gdap.gather import facts_of as access_of
from customers.gdap.reckon import Color, cell_of
from customers.models import Customer
from support.escalation.checks import NoCustomer
from support.escalation.rules import Entitlement, Facts, Rule, resolve, shipped_rules, with_choice
from support.models import (
    EntitlementChoice,
    Family,
    MicrosoftTarget,
    PartnerStanding,
    PartnerType,
    Purchase,
    SupportPlan,
    Ticket,
)

_ROLES = {Color.GREEN: "YES", Color.RED: "NO", Color.AMBER: "UNKNOWN"}


def entitlement_of(ticket: Ticket, *, purchase: Purchase, now: datetime) -> Entitlement:
    return resolve(facts_of(ticket, purchase=purchase, now=now), rules=current_rules())


def facts_of(ticket: Ticket, *, purchase: Purchase, now: datetime) -> Facts:
    customer = ticket.customer
    if customer is None:
        raise NoCustomer
    return Facts(
        partner=partner_type_of(customer),
        family=ticket.family,
        purchase=purchase.value,
        cloud=customer.cloud,
        kind=ticket.kind,
        severity=ticket.severity,
        has=frozenset(plan.kind for plan in plans_of(customer, on=timezone.localdate(now))),
        role=_role(customer, family=Family(ticket.family), now=now),
    )


def partner_type_of(customer: Customer) -> str:
    standing = PartnerStanding.objects.filter(connection=customer.connection_id).first()
    return standing.partner_type if standing else PartnerType.UNKNOWN.value


def plans_of(customer: Customer, *, on: date) -> list[SupportPlan]:
    """Those in force that day for this customer, with incidents left where they are counted."""
    in_force = Q(valid_from__lte=on) & (Q(valid_to__isnull=True) | Q(valid_to__gte=on))
    under = Q(connection__isnull=True) | Q(connection=customer.connection_id)
    whose = Q(customer__isnull=True) | Q(customer=customer)
    counted = Q(incidents_left__isnull=True) | Q(incidents_left__gt=0)
    return list(SupportPlan.objects.filter(in_force, under, whose, counted).order_by("kind", "pk"))


def current_rules() -> tuple[Rule, ...]:
    """The shipped table with our owners' choices, and with Microsoft's times as the settings of promises say."""
    chosen = {choice.rule: choice for choice in EntitlementChoice.objects.all()}
    minutes = {one.severity: one.minutes for one in MicrosoftTarget.objects.all()}
    return tuple(_current(rule, chosen=chosen.get(rule.key), minutes=minutes) for rule in shipped_rules())


def _current(rule: Rule, *, chosen: EntitlementChoice | None, minutes: dict[str, int]) -> Rule:
    if rule.setting and rule.setting in minutes:
        return replace(rule, value=minutes[rule.setting], is_ours=minutes[rule.setting] != rule.value)
    if chosen is None or not rule.is_disputed:
        return rule
    value = int(chosen.value) if chosen.value.isdecimal() else (chosen.value or None)
    return with_choice(rule, value=value, reason=chosen.reason)


def _role(customer: Customer, *, family: Family, now: datetime) -> str:
    """Whether any of us could open a request there, by what is known of our delegated access."""
    job = JOB_OF_KEY["AZURE_TICKETS" if family == Family.AZURE else "M365_TICKETS"]
    cell = cell_of(job, facts=access_of([customer.pk], now=now)[customer.pk], now=now)
    return _ROLES[cell.color]
