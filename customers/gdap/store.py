"""Writes relationships as Microsoft told them: what changed becomes history, what is forgotten stays."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Now

from csp_portal.microsoft.gdap import DelegatedAdminRelationship
from customers.gdap.cells import mark_due
from customers.gdap.end_alerts import close_invitations
from customers.models import Connection, Customer, Feed, OrderItem, Relationship, RelationshipChange

# Our column by the name of Microsoft's value; those of them that are worth a line of history.
_COLUMNS = {
    "etag": "etag",
    "name": "name",
    "status": "status",
    "customer_name": "customer_name",
    "duration": "duration",
    "auto_extend_duration": "auto_extend_duration",
    "created_at": "created_at",
    "activated_at": "activated_at",
    "ends_at": "ends_at",
    "last_modified_at": "modified_at",
    "is_partner_consent_pending": "is_partner_consent_pending",
    "indirect_provider_tenant_id": "indirect_provider_tenant_id",
}
_TOLD = ("name", "status", "role_ids", "duration", "auto_extend_duration", "activated_at", "ends_at")
_LONGEST = {"name": 200, "status": 40, "customer_name": 256, "duration": 20, "auto_extend_duration": 20}


def store_relationship(
    told: DelegatedAdminRelationship, *, connection: Connection, now: datetime, item: OrderItem | None = None
) -> Relationship:
    """The row of this relationship, as it is told now; `item` is what made it so, where it was one of our orders."""
    return store_relationships([told], connection=connection, now=now, item=item)[0]


@transaction.atomic
def store_relationships(
    told: Sequence[DelegatedAdminRelationship],
    *,
    connection: Connection,
    now: datetime,
    item: OrderItem | None = None,
) -> list[Relationship]:
    """The rows in the order told; one that is as before is not written.

    What is new or has changed is due to be read with its parts. Two workers that store the same relationship wait for
    each other at the row; the later reading wins.
    """
    known = _held(told, connection=connection)
    customers = _customers_of(told)
    asked = {row.pk for row in known.values() if row.status == Relationship.Status.APPROVAL_PENDING}
    new, changed, changes = [], [], list[RelationshipChange]()
    for one in told:
        row = known.get(one.id)
        if row is None:
            row = known[one.id] = Relationship(connection=connection, microsoft_id=one.id, parts_due_at=Now())
            new.append(row)
        elif _is_as_before(row, one) or _is_old_news(row, one):
            continue
        else:
            changed.append(row)
            changes += _changes(row, one, at=now, item=item)
        _fill(row, one, customers=customers, now=now)
    Relationship.objects.bulk_create(new)
    changes += [RelationshipChange(relationship=row, at=now, field="seen", after=row.status, item=item) for row in new]
    if changed:
        Relationship.objects.bulk_update(changed, _WRITTEN, batch_size=500)
    RelationshipChange.objects.bulk_create(changes)
    still_asked = {row.pk for row in changed if row.status == Relationship.Status.APPROVAL_PENDING}
    close_invitations(asked.intersection(row.pk for row in changed) - still_asked, now=now)
    mark_due({row.customer_id for row in (*new, *changed) if row.customer_id is not None})
    return [known[one.id] for one in told]


@transaction.atomic
def note_forgotten(connection: Connection, *, seen: Iterable[str], seen_before: datetime | None, now: datetime) -> int:
    """Mark what a complete list no longer holds; `seen_before` is when the list was read last. Nothing is deleted.

    `now` is when the reading began: what an order of ours has made or stored since can't be in the list.
    """
    ours = Relationship.objects.filter(connection=connection, gone_at__isnull=True, first_seen_at__lt=now)
    ours = ours.exclude(last_seen_at__gt=now)
    kept = set(seen)
    gone = [pk for pk, microsoft_id in ours.values_list("pk", "microsoft_id") if microsoft_id not in kept]
    if not gone:
        return 0
    rows = list(Relationship.objects.filter(pk__in=gone).order_by("pk").select_for_update())
    Relationship.objects.filter(pk__in=gone).update(gone_at=now, last_seen_at=seen_before, fingerprint=None)
    RelationshipChange.objects.bulk_create(
        RelationshipChange(relationship=row, at=now, field="gone", before=row.status) for row in rows
    )
    mark_due({row.customer_id for row in rows if row.customer_id is not None})
    return len(rows)


@transaction.atomic
def note_gone(relationship: Relationship, *, now: datetime, item: OrderItem | None = None) -> None:
    """Microsoft knows it no more; our row stays."""
    if relationship.gone_at is None:
        relationship.gone_at, relationship.fingerprint = now, None
        relationship.save(update_fields=["gone_at", "fingerprint"])
        RelationshipChange.objects.create(
            relationship=relationship, at=now, field="gone", before=relationship.status, item=item
        )
        mark_due([] if relationship.customer_id is None else [relationship.customer_id])


@transaction.atomic
def link_customers(connection: Connection) -> int:
    """Give relationships of tenants that have become ours since their customer; returns how many."""
    theirs = Customer.objects.filter(tenant_id=OuterRef("customer_tenant_id"))
    loose = Relationship.objects.filter(connection=connection, customer__isnull=True, customer_tenant_id__isnull=False)
    known = loose.filter(customer_tenant_id__in=Customer.objects.values("tenant_id"))
    linked = list(known.values_list("pk", flat=True))
    if not linked:
        return 0
    Relationship.objects.filter(pk__in=linked).update(customer=Subquery(theirs.values("pk")[:1]))
    mark_due(Customer.objects.filter(relationships__in=linked).values("pk"))
    return len(linked)


_WRITTEN = [
    *_COLUMNS.values(),
    *("role_ids", "customer", "customer_tenant_id", "fingerprint", "gone_at", "last_seen_at", "locked_at"),
    *("parts_due_at", "parts_because"),
]


def _held(told: Sequence[DelegatedAdminRelationship], *, connection: Connection) -> dict[str, Relationship]:
    rows = Relationship.objects.filter(connection=connection, microsoft_id__in=[one.id for one in told])
    return {row.microsoft_id: row for row in rows.order_by("pk").select_for_update()}


def _customers_of(told: Iterable[DelegatedAdminRelationship]) -> dict[UUID, int]:
    tenants = {tenant for one in told if (tenant := uuid_of(one.customer_tenant_id))}
    return dict(Customer.objects.filter(tenant_id__in=tenants).values_list("tenant_id", "pk"))


def _fingerprint(told: DelegatedAdminRelationship) -> bytes:
    return blake2b(orjson.dumps(asdict(told)), digest_size=16).digest()


def _is_as_before(row: Relationship, told: DelegatedAdminRelationship) -> bool:
    return row.etag == told.etag and row.fingerprint is not None and bytes(row.fingerprint) == _fingerprint(told)


def _is_old_news(row: Relationship, told: DelegatedAdminRelationship) -> bool:
    """Whether we know a later version: a long list was read while an order changed what it told first."""
    if row.gone_at is not None or row.modified_at is None or told.last_modified_at is None:
        return False
    return told.last_modified_at < row.modified_at


def _fill(row: Relationship, told: DelegatedAdminRelationship, *, customers: Mapping[UUID, int], now: datetime) -> None:
    for theirs, ours in _COLUMNS.items():
        value = getattr(told, theirs)
        setattr(row, ours, value[: _LONGEST[ours]] if ours in _LONGEST else value)
    row.role_ids = _roles(told)
    row.customer_tenant_id = uuid_of(told.customer_tenant_id)
    if row.customer_tenant_id and row.customer_tenant_id in customers:
        row.customer_id = customers[row.customer_tenant_id]
    row.fingerprint, row.gone_at, row.last_seen_at = _fingerprint(told), None, now
    if row.status == Relationship.Status.APPROVAL_PENDING and row.locked_at is None:
        row.locked_at = told.last_modified_at or now  # its request says it better, once that is read
    row.parts_due_at, row.parts_because = Now(), Feed.Because.ASKED


def _changes(
    row: Relationship, told: DelegatedAdminRelationship, *, at: datetime, item: OrderItem | None
) -> Iterator[RelationshipChange]:
    """What is different from before, field by field."""
    if row.gone_at is not None:
        yield RelationshipChange(relationship=row, at=at, field="seen", after=told.status, item=item)
    for field in _TOLD:
        before = _plain(sorted(map(str, row.role_ids)) if field == "role_ids" else getattr(row, field))
        after = _plain(sorted(map(str, _roles(told))) if field == "role_ids" else getattr(told, field))
        if before != after:
            yield RelationshipChange(relationship=row, at=at, field=field, before=before, after=after, item=item)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _roles(told: DelegatedAdminRelationship) -> list[UUID]:
    return [role for text in told.role_ids if (role := uuid_of(text))]


def uuid_of(text: str) -> UUID | None:
    """The id, or None where Microsoft sent something else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def ask_for_parts(relationships: Iterable[Relationship]) -> None:
    """Let the assignments, requests and operations of these be read next."""
    ids = [row.pk for row in relationships]
    rows = Relationship.objects.filter(pk__in=ids)
    rows.update(parts_due_at=Now(), parts_because=Feed.Because.ASKED, parts_epoch=F("parts_epoch") + 1)
