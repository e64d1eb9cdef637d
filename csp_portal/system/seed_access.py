"""Made-up delegated administration of made-up customers: groups, relationships, assignments and what follows."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import connection as database
from django.db import transaction

from customers.gdap.capabilities import (
    BILLING,
    DIRECTORY_READERS,
    EXCHANGE,
    GLOBAL_READER,
    HELPDESK,
    INTUNE,
    LICENSE,
    SERVICE_SUPPORT,
    USER,
)
from customers.gdap.cells import add_missing, reckon_due
from customers.models import (
    GLOBAL_ADMINISTRATOR,
    AccessAssignment,
    Connection,
    Customer,
    GdapFeed,
    GroupMember,
    Reckoning,
    Relationship,
    SecurityGroup,
)

# Our groups, and the roles that each of them gets.
GROUPS = (
    ("CSP Support", (SERVICE_SUPPORT, GLOBAL_READER, HELPDESK)),
    ("CSP Azure", (DIRECTORY_READERS,)),
    ("CSP Licenses", (LICENSE, USER, BILLING)),
    ("CSP Workloads", (EXCHANGE, INTUNE)),
)
PEOPLE_OF_A_GROUP = 8
TABLES = (Relationship, AccessAssignment, SecurityGroup, GroupMember, Reckoning)
_NAMESPACE = uuid.UUID("6f0f3a51-5f8e-4f0e-9d4e-6d6a5f1c2b90")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Drawn:
    """One relationship, and which of our groups hold its roles."""

    row: Relationship
    groups: tuple[int, ...]


def seed_access(*, now: datetime, seed: int) -> int:
    """Relationships of every customer of the seeded connections, none to two each; returns how many there are now."""
    with transaction.atomic():
        connections = Connection.objects.filter(is_paused=True, customers__isnull=False, security_groups=None).order_by(
            "created_at", "name"
        )
        for number, connection in enumerate(connections.distinct()):
            _write(connection, now=now, draw=Random(seed * 7919 + number))  # noqa: S311 - made-up data
    while add_missing():
        pass
    while reckon_due(now=now):
        pass
    with database.cursor() as cursor:
        for model in TABLES:
            cursor.execute(f'VACUUM ANALYZE "{model._meta.db_table}"')
    return Relationship.objects.count()


def _write(connection: Connection, *, now: datetime, draw: Random) -> None:
    for kind in GdapFeed.Kind:
        feed = {"due_at": now + timedelta(minutes=15), "tried_at": now, "read_at": now}
        GdapFeed.objects.update_or_create(connection=connection, kind=kind, defaults=feed)
    groups = _groups(connection, now=now)
    customers = list(Customer.objects.filter(connection=connection).order_by("pk"))
    drawn = [
        one for customer in customers for one in _relationships(customer, connection=connection, draw=draw, now=now)
    ]
    Relationship.objects.bulk_create((one.row for one in drawn), batch_size=1000)
    AccessAssignment.objects.bulk_create(_assignments(drawn, groups=groups, now=now), batch_size=1000)


def _groups(connection: Connection, *, now: datetime) -> Sequence[SecurityGroup]:
    rows = SecurityGroup.objects.bulk_create(
        SecurityGroup(
            connection=connection,
            group_id=uuid.uuid5(_NAMESPACE, f"{connection.pk}/{name}"),
            name=name,
            members_read_at=now,
            last_seen_at=now,
        )
        for name, _roles in GROUPS
    )
    GroupMember.objects.bulk_create(
        GroupMember(group=row, object_id=uuid.uuid5(row.group_id, str(number)), name=f"Agent {number}")
        for row in rows
        for number in range(PEOPLE_OF_A_GROUP)
    )
    return rows


def _relationships(customer: Customer, *, connection: Connection, draw: Random, now: datetime) -> Iterator[_Drawn]:
    """Most customers have one that lasts; some wait, some are over, and some had two."""
    for number in range(draw.choices((0, 1, 2), weights=(4, 43, 53))[0]):
        status = draw.choices(
            (Relationship.Status.ACTIVE, Relationship.Status.APPROVAL_PENDING, Relationship.Status.EXPIRED),
            weights=(88, 6, 6),
        )[0]
        is_held = status == Relationship.Status.ACTIVE
        yield _Drawn(
            row=_relationship(customer, connection=connection, number=number, status=status, draw=draw, now=now),
            groups=tuple(i for i in range(len(GROUPS)) if draw.random() < 0.93) if is_held else (),
        )


def _relationship(
    customer: Customer, *, connection: Connection, number: int, status: Relationship.Status, draw: Random, now: datetime
) -> Relationship:
    roles = [role for _name, roles in GROUPS for role in roles]
    has_global = draw.random() < 0.06
    began = now - timedelta(days=draw.randrange(5, 700))
    is_over = status == Relationship.Status.EXPIRED
    return Relationship(
        connection=connection,
        customer=customer,
        microsoft_id=f"{uuid.uuid5(customer.tenant_id, f'relationship/{number}')}",
        etag='W/"1"',
        name=f"{customer.name[:30]} {number + 1}",
        status=status,
        customer_tenant_id=customer.tenant_id,
        customer_name=customer.name,
        role_ids=[uuid.UUID(role) for role in (*roles, *((GLOBAL_ADMINISTRATOR,) if has_global else ()))],
        duration="P730D",
        auto_extend_duration="" if has_global or draw.random() < 0.3 else "P180D",
        created_at=began,
        activated_at=None if status == Relationship.Status.APPROVAL_PENDING else began,
        ends_at=now - timedelta(days=3) if is_over else began + timedelta(days=730),
        modified_at=began,
        last_seen_at=now,
        parts_due_at=now + timedelta(days=1),
        parts_read_at=now,
    )


def _assignments(
    drawn: Sequence[_Drawn], *, groups: Sequence[SecurityGroup], now: datetime
) -> Iterator[AccessAssignment]:
    for one in drawn:
        for index in one.groups:
            yield AccessAssignment(
                relationship=one.row,
                microsoft_id=f"{uuid.uuid5(groups[index].group_id, one.row.microsoft_id)}",
                etag='W/"1"',
                status=AccessAssignment.Status.ACTIVE,
                group_id=groups[index].group_id,
                role_ids=[uuid.UUID(role) for role in GROUPS[index][1]],
                created_at=one.row.created_at,
                modified_at=one.row.created_at,
                last_seen_at=now,
            )
