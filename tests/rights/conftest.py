"""A small world for tests of rights: customers of two groups, hit by issues of their own, and people who see a part."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.models import Connection, Customer, CustomerGroup, Feed, ServiceLink, State
from health.models import Exposure, Issue, Message, MessageSighting, Post, Service, ServiceState, StateChange
from support.desk import open_ticket
from support.models import Channel, Queue, Ticket
from support.values import NewTicket

CONNECTION = uuid.UUID("99999999-9999-4999-8999-999999999999")


def make_connection(name: str = "Partner") -> Connection:
    return Connection.objects.create(name=name, cloud="global", partner_tenant_id=CONNECTION, client_id=uuid.uuid4())


def make_customer(name: str, *, tags: list[str] | None = None, cloud: str = "global", **more: Any) -> Customer:
    """A customer read a minute ago, that Exchange troubles."""
    now = timezone.now()
    customer = Customer.objects.create(
        tenant_id=more.pop("tenant_id", None) or uuid.uuid4(),
        name=name,
        domain=f"{name.lower()}.example",
        initial_domain=f"{name.lower()}.onmicrosoft.com",
        cloud=cloud,
        source="FILE",
        tags=tags or [],
        health=State.INCIDENT,
        open_incidents=1,
        **more,
    )
    for kind in Feed.Kind:
        Feed.objects.create(customer=customer, kind=kind, read_at=now - timedelta(minutes=1))
    service, _ = Service.objects.get_or_create(cloud=cloud, microsoft_id="Exchange", name="Exchange Online")
    ServiceState.objects.create(
        customer=customer, service=service, state=State.INCIDENT, status="DEGRADATION", status_raw="x", since=now
    )
    StateChange.objects.create(customer=customer, service=service, before=State.HEALTHY, after=State.INCIDENT)
    ServiceLink.objects.create(
        customer=customer, name=f"Admin of {name}", url=f"https://admin.example/{name}", last_seen_at=now
    )
    return customer


def make_issue(microsoft_id: str, *, hits: list[Customer], cloud: str = "global") -> Issue:
    now = timezone.now()
    issue = Issue.objects.create(
        cloud=cloud,
        microsoft_id=microsoft_id,
        title=f"Title of {microsoft_id}",
        service_name="Exchange Online",
        classification="INCIDENT",
        classification_raw="incident",
        status="DEGRADATION",
        status_raw="serviceDegradation",
        state=State.INCIDENT,
        started_at=now,
        first_seen_at=now,
        changed_at=now,
        exposed_customers=len(hits),
    )
    Post.objects.create(issue=issue, posted_at=now, html="<p>Looking.</p>", digest=b"1" * 16, first_seen_at=now)
    Exposure.objects.bulk_create(
        Exposure(issue=issue, customer=customer, first_seen_at=now, last_seen_at=now) for customer in hits
    )
    return issue


def make_message(microsoft_id: str, *, seen_by: list[Customer], cloud: str = "global") -> Message:
    """A message that asks for action in a month."""
    now = timezone.now()
    message = Message.objects.create(
        cloud=cloud,
        microsoft_id=microsoft_id,
        title=f"Title of {microsoft_id}",
        category=Message.Category.PLAN,
        services=["Exchange Online"],
        act_by=now + timedelta(days=30),
        modified_at=now,
        first_seen_at=now,
        html="<p>Act.</p>",
    )
    MessageSighting.objects.bulk_create(
        MessageSighting(message=message, customer=customer, first_seen_at=now) for customer in seen_by
    )
    return message


def make_ticket(subject: str, *, customer: Customer) -> Ticket:
    queue = Queue.objects.get_or_create(name="Support")[0]
    new = NewTicket(subject=subject, text=subject, queue=queue, channel=Channel.STAFF, customer=customer)
    return open_ticket(new, by=None, now=timezone.now())


def give_scope(user: User, sees: User.Sees, *groups: CustomerGroup) -> User:
    user.sees = sees
    user.save(update_fields=["sees"])
    user.scope_groups.set(groups)
    return User.objects.get(pk=user.pk)


@dataclass(frozen=True, kw_only=True)
class Trade:
    """Own customers are tagged `north`, foreign ones `south`; one issue hits both, one each only one of them."""

    own: Customer
    foreign: Customer
    north: CustomerGroup
    south: CustomerGroup
    shared_issue: Issue
    own_issue: Issue
    foreign_issue: Issue
    own_ticket: Ticket
    foreign_ticket: Ticket


@pytest.fixture
def trade(db: None) -> Trade:
    connection = make_connection()
    own = make_customer("Northwind", tags=["north"], connection=connection)
    foreign = make_customer("Fabrikam", tags=["south"], connection=connection)
    return Trade(
        own=own,
        foreign=foreign,
        north=CustomerGroup.objects.create(name="North", tags=["north"]),
        south=CustomerGroup.objects.create(name="South", tags=["south"]),
        shared_issue=make_issue("EX1", hits=[own, foreign]),
        own_issue=make_issue("EX2", hits=[own]),
        foreign_issue=make_issue("EX3", hits=[foreign]),
        own_ticket=make_ticket("Own words", customer=own),
        foreign_ticket=make_ticket("Foreign words", customer=foreign),
    )


@pytest.fixture
def only_north(trade: Trade) -> Callable[[User], User]:
    return lambda user: give_scope(user, User.Sees.ONLY, trade.north)
