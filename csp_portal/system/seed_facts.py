"""Made-up facts and contacts of made-up customers, so that call lists, runs of notices and reports have something."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from django.db import transaction

from csp_portal.accounts.models import Role, User
from csp_portal.calendars.models import MINUTES_OF_A_DAY, Calendar, OpenSpan
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Rule, Target
from customers.models import Connection, Contact, Customer, Tier

WORKING_WEEK, ALWAYS = "Working week (Taipei)", "Around the clock"
_TIERS = (Tier.BASIC, Tier.BASIC, Tier.STANDARD, Tier.STANDARD, Tier.PREMIUM)
_SEATS = (8, 15, 25, 40, 60, 120, 300, 800)
_EAST_ASIAN = range(0x3400, 0xA000)


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeUp:
    """The same for a tenant whenever it is asked; `hours` is the name of a calendar."""

    tier: str
    seats: int
    is_vip: bool
    hours: str
    contacts: tuple[str, ...]  # the part of their addresses before the @


def facts_for(tenant_id: UUID) -> MadeUp:
    draw = Random(tenant_id.int)  # noqa: S311 - made-up data
    tier = draw.choice(_TIERS)
    return MadeUp(
        tier=tier.value,
        seats=draw.choice(_SEATS) + draw.randrange(8),
        is_vip=tier == Tier.PREMIUM and draw.random() < 0.4,
        hours={Tier.PREMIUM: ALWAYS, Tier.STANDARD: WORKING_WEEK}.get(tier, ""),
        contacts=("it", "office")[: draw.choice((0, 1, 1, 2))],
    )


def contact_row(name: str, *, customer_name: str, domain: str) -> dict[str, Any]:
    """The columns of a contact; whoever's company has a Chinese name reads Chinese."""
    reads_chinese = any(ord(letter) in _EAST_ASIAN for letter in customer_name)
    known = {"it": ("IT", "資訊部"), "office": ("Office", "總務部")}[name]
    topics = Contact.Topic.values if name == "it" else [Contact.Topic.INCIDENTS.value]
    return {
        "name": known[reads_chinese],
        "address": f"{name}@{domain}",
        "language": "zh-hant" if reads_chinese else "en",
        "zone": "Asia/Taipei" if reads_chinese else "",
        "wants": tuple(topics),
        "bounce_reason": "",
    }


def make_calendars() -> dict[str, int]:
    """Primary keys by name; what is there already stays as it is."""
    spans = {
        (WORKING_WEEK, "Asia/Taipei"): [(day, 9 * 60, 18 * 60) for day in range(5)],
        (ALWAYS, "UTC"): [(day, 0, MINUTES_OF_A_DAY) for day in range(7)],
    }
    found = {}
    for (name, zone), open_spans in spans.items():
        calendar, is_new = Calendar.objects.get_or_create(name=name, defaults={"zone": zone})
        if is_new:
            OpenSpan.objects.bulk_create(
                OpenSpan(calendar=calendar, weekday=day, begins=begins, ends=ends) for day, begins, ends in open_spans
            )
        found[name] = calendar.pk
    return found


def furnish(connection_name: str, *, now: datetime) -> bool:
    """Give the customers of the sandbox facts and contacts, once, when they have been read; False until then."""
    connection = Connection.objects.filter(name=connection_name).first()
    if connection is None or connection.customers_read_at is None:
        return False
    with transaction.atomic():
        if not Calendar.objects.filter(name=ALWAYS).exists():
            _furnish(connection, now=now)
    return True


def _furnish(connection: Connection, *, now: datetime) -> None:
    calendars = make_calendars()
    people = list(User.objects.filter(role=Role.SUPPORT_AGENT).order_by("pk")[:3])
    customers = list(Customer.objects.filter(connection=connection).order_by("pk"))
    contacts = []
    for number, customer in enumerate(customers):
        facts = facts_for(customer.tenant_id)
        customer.tier, customer.seats, customer.is_vip = facts.tier, facts.seats, facts.is_vip
        customer.calendar_id = calendars.get(facts.hours)
        customer.owner = people[number % len(people)] if people and number % 3 else None
        for name in facts.contacts if customer.domain else ():
            row = contact_row(name, customer_name=customer.name, domain=customer.domain)
            contacts.append(Contact(customer=customer, **{**row, "wants": list(row["wants"])}))
    Customer.objects.bulk_update(customers, ["tier", "seats", "is_vip", "calendar", "owner"], batch_size=500)
    Contact.objects.bulk_create(contacts)
    _make_rule(now=now)


def _make_rule(*, now: datetime) -> None:
    """Off until somebody switches it on, so that no mail leaves unasked."""
    target = Target.objects.create(name="On call", way=Target.Way.MAIL, addresses=["on-call@partner.example"])
    rule = Rule.objects.create(
        name="What is critical, to who is on call",
        is_enabled=False,
        kinds=EventKind.values,
        least=Severity.CRITICAL,
        since_at=now,
    )
    rule.targets.add(target)
