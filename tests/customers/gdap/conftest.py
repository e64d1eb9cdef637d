"""Delegated administration without Microsoft: a connection whose lists were read, its groups, and customers."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csp_portal.microsoft.gdap import DelegatedAdminRelationship
from customers.gdap.capabilities import SERVICE_SUPPORT
from customers.models import (
    AccessAssignment,
    Connection,
    Customer,
    Feed,
    GdapFeed,
    GroupMember,
    Relationship,
    SecurityGroup,
)

GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
Told = Callable[..., DelegatedAdminRelationship]


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def gdap_connection(db: None, now: datetime) -> Connection:
    connection = Connection.objects.create(
        name="Partner", cloud="global", partner_tenant_id=uuid.uuid4(), client_id=uuid.uuid4()
    )
    for kind in GdapFeed.Kind:
        GdapFeed.objects.create(connection=connection, kind=kind, read_at=now, due_at=now + timedelta(days=1))
    return connection


@pytest.fixture
def support_group(gdap_connection: Connection, now: datetime) -> SecurityGroup:
    group = SecurityGroup.objects.create(
        connection=gdap_connection, group_id=uuid.uuid4(), name="Helpdesk", members_read_at=now
    )
    GroupMember.objects.create(group=group, object_id=uuid.uuid4(), name="Mei Lin")
    return group


@pytest.fixture
def new_customer(gdap_connection: Connection, now: datetime) -> Callable[..., Customer]:
    """A customer that lets us in, but granted nothing."""

    def make(name: str, **values: Any) -> Customer:
        customer = Customer.objects.create(
            name=name,
            tenant_id=uuid.uuid4(),
            connection=gdap_connection,
            cloud="global",
            source=Customer.Source.FILE,
            **values,
        )
        Feed.objects.create(customer=customer, kind=Feed.Kind.HEALTH, read_at=now, due_at=now + timedelta(days=1))
        return customer

    return make


@pytest.fixture
def grant(gdap_connection: Connection, support_group: SecurityGroup, now: datetime) -> Callable[..., Relationship]:
    """An active relationship with one assignment; `held` None leaves the group without roles."""

    def make(
        customer: Customer, *, roles: tuple[str, ...] = (SERVICE_SUPPORT,), held: str | None = "active", **values: Any
    ) -> Relationship:
        made = Relationship.objects.create(
            **{
                "connection": gdap_connection,
                "customer": customer,
                "customer_tenant_id": customer.tenant_id,
                "customer_name": customer.name,
                "microsoft_id": str(uuid.uuid4()),
                "name": f"Support {customer.name}",
                "status": "active",
                "role_ids": list(roles),
                "ends_at": now + timedelta(days=400),
                "parts_read_at": now,
                **values,
            }
        )
        if held is not None:
            AccessAssignment.objects.create(
                relationship=made,
                microsoft_id=str(uuid.uuid4()),
                status=held,
                group_id=support_group.group_id,
                role_ids=list(roles),
            )
        return made

    return make


@pytest.fixture
def told() -> Told:
    """What Microsoft tells of an active relationship with a customer; other fields by name."""

    def make(customer: Customer | None = None, **fields: Any) -> DelegatedAdminRelationship:
        now = datetime.now(UTC).replace(microsecond=0)
        found = DelegatedAdminRelationship(
            id=str(uuid.uuid4()),
            etag=f'W/"{uuid.uuid4()}"',
            name="Support",
            status="active",
            customer_tenant_id=str(customer.tenant_id) if customer else "",
            customer_name=customer.name if customer else "",
            role_ids=(GLOBAL_READER, SERVICE_SUPPORT),
            duration="P730D",
            auto_extend_duration="PT0S",
            created_at=now - timedelta(days=100),
            activated_at=now - timedelta(days=99),
            ends_at=now + timedelta(days=631),
            last_modified_at=now - timedelta(days=99),
            is_partner_consent_pending=False,
            indirect_provider_tenant_id="",
        )
        return replace(found, **fields)

    return make
