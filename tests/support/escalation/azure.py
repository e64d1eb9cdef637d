"""Escalations that are filed in the sandbox's Azure Support."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from csp_portal.accounts.models import User
from csp_portal.microsoft.sandbox.azure_json import key_of, problem_json
from csp_portal.microsoft.sandbox.azure_world import RESOURCES, SERVICES, SUPPORT
from csp_portal.microsoft.sandbox.world import World
from customers.models import Customer
from support.desk import open_ticket
from support.escalation.ordering import order_filing
from support.escalation.tempo import Tempo
from support.escalation.values import Filing
from support.models import Channel, Escalation, Family, Queue, Severity
from support.values import NewTicket

AT_ONCE = Tempo(
    lease=timedelta(seconds=30),
    deadline=5.0,
    begin_within=5.0,
    quiet=timedelta(0),
    between=timedelta(0),
    patience=timedelta(0),
    poll=0.0,
)


def filing_at(world: World, customer: Customer, **other: Any) -> Filing:
    """A complete form about a virtual machine of this customer's."""
    subscription = world.azure.subscriptions_of(world.tenant(str(customer.tenant_id)))[0][0]
    service, problems = next(iter(SERVICES.items()))
    said: dict[str, Any] = {
        "title": "The VM web-01 can't be reached",
        "symptom": "RDP says 0x204",
        "impact": "The shop is closed.",
        "began_at": "2026-11-23 10:00",
        "reproduction": "Connect by RDP.",
        "tried": "Redeployed it.",
        "subscription_id": subscription,
        "resource_id": f"/subscriptions/{subscription}/resourceGroups/main/providers/{RESOURCES[0]}",
        "service_id": f"{SUPPORT}/services/{key_of(service)}",
        "problem_id": problem_json(service, problems[0])["id"],
        "first_name": "Kim",
        "last_name": "Lee",
        "address": "kim@partner.example",
        "country": "TWN",
    }
    return Filing(**said | other)


def draft_of(customer: Customer, *, by: User, now: datetime) -> Escalation:
    """A draft that passed the gate with a reason."""
    queue = Queue.objects.get_or_create(name="Support")[0]
    new = NewTicket(
        subject="VM is gone",
        text="It does not answer.",
        queue=queue,
        channel=Channel.MAIL,
        customer=customer,
        requester_address=f"it@{customer.domain}",
        family=Family.AZURE,
        severity=Severity.B,
    )
    ticket = open_ticket(new, by=None, now=now)
    return Escalation.objects.create(
        ticket=ticket,
        escalation_no=1,
        way=Escalation.Way.AZURE_API,
        cloud=customer.cloud,
        product=ticket.family,
        kind=ticket.kind,
        severity=ticket.severity,
        plan="PREMIER",
        override_reason="The portal of Azure says nothing.",
        passed_barrier="health_not_checked",
        where="AZURE_API",
        created_by=by,
    )


def order_many(count: int, *, customers: Sequence[Customer], world: World, by: User, now: datetime) -> list[Escalation]:
    made = []
    for number in range(count):
        customer = customers[number % len(customers)]
        draft = draft_of(customer, by=by, now=now)
        made.append(order_filing(draft.pk, filing=filing_at(world, customer), by=by, now=now))
    return made
