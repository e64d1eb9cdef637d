"""Keeps what Microsoft tells of one relationship and its assignments, and notes each difference in its history."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models, transaction

from csp_portal.microsoft import gdap as wire
from customers.models import AccessAssignment, Connection, Customer, OrderItem, Relationship, RelationshipChange

# Fields whose changes a person wants to see in the history.
TOLD = (
    *("name", "status", "customer_tenant_id", "role_ids", "duration", "auto_extend_duration"),
    *("activated_at", "ends_at", "is_partner_consent_pending", "gone_at"),
)
_CHANGED_ASSIGNMENT = ("status", "role_ids", "gone_at")


@transaction.atomic
def store_relationship(
    found: wire.DelegatedAdminRelationship, *, connection: Connection, now: datetime, item: OrderItem | None = None
) -> Relationship:
    """Insert or update the one row; `item` is the order's row whose call showed it."""
    facts = facts_of(found) | {"last_seen_at": now, "gone_at": None}
    mine = Relationship.objects.select_for_update().filter(connection=connection, microsoft_id=found.id)
    row = mine.first()
    if row is None:
        row = Relationship(connection=connection, microsoft_id=found.id, **facts)
        _link(row)
        row.save()
        RelationshipChange.objects.create(relationship=row, at=now, field="status", after=row.status, item=item)
        return row
    _note_changes(row, facts=facts, fields=TOLD, relationship=row, now=now, item=item)
    if row.customer_id is None:
        _link(row)
    row.save(update_fields=[*facts, "customer"])
    return row


def facts_of(found: wire.DelegatedAdminRelationship) -> dict[str, Any]:
    """The columns that Microsoft fills."""
    return {
        "etag": found.etag,
        "name": found.name[:200],
        "status": found.status[:40],
        "customer_tenant_id": found.customer_tenant_id or None,
        "customer_name": found.customer_name[:256],
        "role_ids": list(found.role_ids),
        "duration": found.duration,
        "auto_extend_duration": found.auto_extend_duration,
        "created_at": found.created_at,
        "activated_at": found.activated_at,
        "ends_at": found.ends_at,
        "modified_at": found.last_modified_at,
        "is_partner_consent_pending": found.is_partner_consent_pending,
        "indirect_provider_tenant_id": found.indirect_provider_tenant_id,
    }


@transaction.atomic
def note_gone(relationship: Relationship, *, now: datetime, item: OrderItem | None = None) -> None:
    """Microsoft knows it no more; our row stays."""
    if relationship.gone_at is None:
        facts = {"gone_at": now}
        _note_changes(relationship, facts=facts, fields=TOLD, relationship=relationship, now=now, item=item)
        relationship.save(update_fields=["gone_at"])


@transaction.atomic
def store_assignment(
    found: wire.AccessAssignment, *, relationship: Relationship, now: datetime, item: OrderItem | None = None
) -> AccessAssignment:
    facts = {
        "etag": found.etag,
        "status": found.status[:40],
        "role_ids": list(found.role_ids),
        "created_at": found.created_at,
        "modified_at": found.last_modified_at,
        "last_seen_at": now,
        "gone_at": None,
    }
    mine = AccessAssignment.objects.select_for_update().filter(relationship=relationship, microsoft_id=found.id)
    row = mine.first()
    if row is not None:
        _note_changes(row, facts=facts, fields=_CHANGED_ASSIGNMENT, relationship=relationship, now=now, item=item)
        row.save(update_fields=list(facts))
        return row
    row = AccessAssignment.objects.create(
        relationship=relationship, microsoft_id=found.id, group_id=found.group_id, **facts
    )
    after = {"status": row.status, "role_ids": _plain(row.role_ids)}
    RelationshipChange.objects.create(
        relationship=relationship, at=now, field="assignment", about=found.group_id, after=after, item=item
    )
    return row


@transaction.atomic
def store_assignments(
    found: Iterable[wire.AccessAssignment],
    *,
    relationship: Relationship,
    now: datetime,
    item: OrderItem | None = None,
) -> list[AccessAssignment]:
    """A whole list that was read to its end: what it no longer holds is marked as gone."""
    rows = [store_assignment(one, relationship=relationship, now=now, item=item) for one in found]
    lost = relationship.assignments.select_for_update().filter(gone_at__isnull=True)
    for row in lost.exclude(pk__in=[row.pk for row in rows]):
        facts = {"gone_at": now}
        _note_changes(row, facts=facts, fields=_CHANGED_ASSIGNMENT, relationship=relationship, now=now, item=item)
        row.save(update_fields=["gone_at"])
    return rows


def _link(row: Relationship) -> None:
    if row.customer_tenant_id:
        row.customer = Customer.objects.filter(tenant_id=row.customer_tenant_id).first()


def _note_changes(
    row: Relationship | AccessAssignment,
    *,
    facts: Mapping[str, Any],
    fields: tuple[str, ...],
    relationship: Relationship,
    now: datetime,
    item: OrderItem | None,
) -> None:
    """Set the facts on the row, and write down those of `fields` that differ."""
    is_assignment = isinstance(row, AccessAssignment)
    told = []
    for field, value in facts.items():
        before, after = _plain(getattr(row, field)), _plain(value)
        setattr(row, field, value)
        if field in fields and before != after:
            told.append(
                RelationshipChange(
                    relationship=relationship,
                    at=now,
                    field="assignment" if is_assignment else field,
                    about=str(row.group_id) if isinstance(row, AccessAssignment) else "",
                    before={field: before} if is_assignment else before,
                    after={field: after} if is_assignment else after,
                    item=item,
                )
            )
    RelationshipChange.objects.bulk_create(told)


def _plain(value: Any) -> Any:
    """As JSON holds it; roles in no order of their own."""
    if isinstance(value, list):
        return sorted(str(one) for one in value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def by_group(assignments: models.QuerySet[AccessAssignment]) -> dict[tuple[int, str], AccessAssignment]:
    """Assignments that hold or will hold something, by relationship and group."""
    usable = assignments.filter(gone_at__isnull=True).exclude(status__in=("deleting", "deleted"))
    return {(row.relationship_id, str(row.group_id)): row for row in usable}
