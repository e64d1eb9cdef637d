"""Keeps what Microsoft tells of one relationship and its assignments, and notes each difference in its history."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models, transaction

from csp_portal.microsoft import gdap as wire
from customers.gdap.cells import mark_due
from customers.models import AccessAssignment, OrderItem, Relationship, RelationshipChange

_CHANGED = ("status", "role_ids", "gone_at")


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
        _note_changes(row, facts=facts, relationship=relationship, now=now, item=item)
        row.save(update_fields=list(facts))
        return row
    row = AccessAssignment.objects.create(
        relationship=relationship, microsoft_id=found.id, group_id=found.group_id, **facts
    )
    after = {"status": row.status, "role_ids": _plain(row.role_ids)}
    RelationshipChange.objects.create(
        relationship=relationship, at=now, field="assignment", about=found.group_id, after=after, item=item
    )
    _reckon_again(relationship)
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
        _note_changes(row, facts=facts, relationship=relationship, now=now, item=item)
        row.save(update_fields=["gone_at"])
    return rows


def _note_changes(
    row: AccessAssignment,
    *,
    facts: Mapping[str, Any],
    relationship: Relationship,
    now: datetime,
    item: OrderItem | None,
) -> None:
    """Set the facts on the row, and write down those that differ and matter."""
    told = []
    for field, value in facts.items():
        before, after = _plain(getattr(row, field)), _plain(value)
        setattr(row, field, value)
        if field in _CHANGED and before != after:
            told.append(
                RelationshipChange(
                    relationship=relationship,
                    at=now,
                    field="assignment",
                    about=str(row.group_id),
                    before={field: before},
                    after={field: after},
                    item=item,
                )
            )
    RelationshipChange.objects.bulk_create(told)
    if told:
        _reckon_again(relationship)


def _reckon_again(relationship: Relationship) -> None:
    if relationship.customer_id is not None:
        mark_due([relationship.customer_id])


def _plain(value: Any) -> Any:
    """As JSON holds it; roles in no order of their own."""
    if isinstance(value, list):
        return sorted(str(one) for one in value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def by_group(assignments: models.QuerySet[AccessAssignment]) -> dict[tuple[int, str], AccessAssignment]:
    """Assignments that hold or will hold something, by relationship and group; a failed one only where it is alone."""
    usable = assignments.filter(gone_at__isnull=True).exclude(status__in=("deleting", "deleted"))
    failed_first = sorted(usable, key=lambda row: row.status != AccessAssignment.Status.ERROR)
    return {(row.relationship_id, str(row.group_id)): row for row in failed_first}
