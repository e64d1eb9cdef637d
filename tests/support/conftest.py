"""A customer who asks for help, and people who answer."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from customers.models import Customer
from support.desk import open_ticket
from support.models import Channel, Queue, Ticket
from support.values import NewTicket

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture
def queue(db: None) -> Queue:
    return Queue.objects.get_or_create(name="Support")[0]


@pytest.fixture
def contoso(db: None) -> Customer:
    return Customer.objects.create(
        tenant_id=UUID(int=1), cloud="global", name="Contoso", domain="contoso.example", source="FILE"
    )


@pytest.fixture
def fabrikam(db: None) -> Customer:
    return Customer.objects.create(
        tenant_id=UUID(int=2), cloud="global", name="Fabrikam", domain="fabrikam.example", source="FILE"
    )


@pytest.fixture
def ticket(contoso: Customer, queue: Queue, now: datetime) -> Ticket:
    new = NewTicket(
        subject="Outlook asks for the password",
        text="Since this morning, again and again.",
        queue=queue,
        channel=Channel.MAIL,
        customer=contoso,
        requester_name="Kim",
        requester_address="kim@contoso.example",
    )
    return open_ticket(new, by=None, now=now)
