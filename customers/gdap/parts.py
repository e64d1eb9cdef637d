"""Reads relationships one by one with assignments, requests and operations: rows that become due, four calls each."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from csp_portal.microsoft import gdap as wire
from csp_portal.microsoft.errors import MicrosoftError, Throttled
from customers.connections import Access
from customers.gdap.again import ask_for_unread_groups
from customers.gdap.cells import mark_due
from customers.gdap.feeds import Claim, because_of, pause_after
from customers.gdap.granted import store_assignments
from customers.gdap.store import store_relationship
from customers.models import (
    AccessAssignment,
    Connection,
    Feed,
    Relationship,
    RelationshipOperation,
    RelationshipRequest,
)

THREADS = 4
LEASE = timedelta(minutes=10)
INTERVAL = timedelta(days=1)
INTERVAL_ENDED = timedelta(days=30)
SPREAD = 0.2
INTERVAL_UNDER_WAY = timedelta(seconds=20)
STUCK_AFTER = timedelta(hours=1)
PASSING = (
    *(Relationship.Status.APPROVED, Relationship.Status.ACTIVATING),
    *(Relationship.Status.TERMINATION_REQUESTED, Relationship.Status.TERMINATING),
)
UNDER_WAY = (AccessAssignment.Status.PENDING, AccessAssignment.Status.DELETING)
ENDED = (Relationship.Status.EXPIRED, Relationship.Status.TERMINATED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What was read of one relationship, or the error instead."""

    relationship: Relationship
    told: wire.DelegatedAdminRelationship | None = None
    assignments: tuple[wire.AccessAssignment, ...] = ()
    requests: tuple[wire.RelationshipRequest, ...] = ()
    operations: tuple[wire.RelationshipOperation, ...] = ()
    error: MicrosoftError | None = None


@transaction.atomic
def claim_parts(*, limit: int) -> list[Claim]:
    """Take the relationships whose parts are due by moving them on by the lease; returns (id, epoch) of each."""
    due = Relationship.objects.select_for_update(skip_locked=True, of=("self",))
    due = due.filter(parts_due_at__lte=Now(), gone_at__isnull=True, connection__is_paused=False)
    ids = list(due.order_by("parts_due_at").values_list("pk", flat=True)[:limit])
    taken = Relationship.objects.filter(pk__in=ids)
    taken.update(parts_due_at=Now() + LEASE, parts_epoch=F("parts_epoch") + 1, parts_because=Feed.Because.TAKEN)
    return list(taken.order_by("connection", "pk").values_list("pk", "parts_epoch"))


def read_parts(claims: Sequence[Claim], *, now: datetime) -> int:
    """Read them, connection by connection, side by side; returns how many were read well."""
    epochs = dict(claims)
    rows = Relationship.objects.filter(pk__in=epochs).select_related("connection", "customer").order_by("pk")
    batches: dict[Connection, list[Relationship]] = {}
    for row in rows:
        if row.parts_epoch == epochs[row.pk] and not row.connection.is_paused:
            batches.setdefault(row.connection, []).append(row)
    read = [one for connection, batch in batches.items() for one in _read_batch(connection, batch=batch)]
    stored = sum(_store(one, now=now) for one in read)
    for connection in batches:
        ask_for_unread_groups(connection)
    return stored


def _read_batch(connection: Connection, *, batch: list[Relationship]) -> list[Parts]:
    """Once Microsoft asks us to wait, the rest of the batch is not asked for."""
    try:
        access = Access(connection)
        token = access.partner_token(access.cloud.graph_scope).value
    except MicrosoftError as error:
        return [Parts(relationship=row, error=error) for row in batch]
    try:
        told_to_wait: list[Throttled] = []
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(partial(_read, access=access, token=token, told_to_wait=told_to_wait), batch))
    finally:
        access.keep()


def _read(row: Relationship, *, access: Access, token: str, told_to_wait: list[Throttled]) -> Parts:
    if told_to_wait:
        return Parts(relationship=row, error=told_to_wait[0])
    at: dict[str, Any] = {
        "http": access.http_in_turn(),
        "cloud": access.cloud,
        "token": token,
        "relationship_id": row.microsoft_id,
    }
    try:
        return Parts(
            relationship=row,
            told=wire.read_delegated_admin_relationship(**at),
            assignments=tuple(wire.list_access_assignments(**at)),
            requests=tuple(wire.list_relationship_requests(**at)),
            operations=tuple(wire.list_relationship_operations(**at)),
        )
    except Throttled as error:
        told_to_wait.append(error)
        return Parts(relationship=row, error=error)
    except MicrosoftError as error:
        return Parts(relationship=row, error=error)


@transaction.atomic
def _store(read: Parts, *, now: datetime) -> bool:
    """Whether it was read well and is still ours; who slept past the lease writes nothing."""
    mine = Relationship.objects.filter(pk=read.relationship.pk, parts_epoch=read.relationship.parts_epoch)
    row = mine.select_for_update().first()
    if row is None:
        return False
    if read.error is not None:
        _note_failure(row, read.error)
        return False
    if read.told is not None:  # whoever asked to read it again sees its status at once, not with the next whole list
        row = store_relationship(read.told, connection=read.relationship.connection, now=now)
    store_assignments(read.assignments, relationship=row, now=now)
    _store_requests(row, read.requests)
    _store_operations(row, read.operations)
    row.parts_due_at = Now() + _interval(row, read, now=now) * random.uniform(1 - SPREAD, 1)  # noqa: S311 - jitter, not a secret
    row.parts_because, row.parts_read_at = Feed.Because.INTERVAL, now
    row.parts_failures, row.parts_problem, row.parts_detail = 0, "", ""
    row.locked_at = _locked_at(read.requests) or row.locked_at
    row.save(update_fields=[*_NOTED, "parts_read_at", "locked_at"])
    if row.customer_id is not None:
        mark_due([row.customer_id])
    return True


def _interval(row: Relationship, read: Parts, *, now: datetime) -> timedelta:
    """Soon again while Microsoft works on it; what takes longer than an hour has got stuck and is asked for less."""
    if row.status in ENDED:
        return INTERVAL_ENDED
    moved = [one.last_modified_at or one.created_at for one in read.assignments if one.status in UNDER_WAY]
    moved += [row.modified_at] if row.status in PASSING else []
    if not moved:
        return INTERVAL
    is_fresh = any(at is None or now - at < STUCK_AFTER for at in moved)
    return INTERVAL_UNDER_WAY if is_fresh else STUCK_AFTER


_NOTED = ("parts_due_at", "parts_because", "parts_failures", "parts_problem", "parts_detail")


def _note_failure(row: Relationship, error: MicrosoftError) -> None:
    row.parts_failures = min(row.parts_failures + (0 if isinstance(error, Throttled) else 1), 100)
    row.parts_due_at = Now() + pause_after(error, failures=row.parts_failures)
    row.parts_because = because_of(error)
    row.parts_problem, row.parts_detail = Feed.Problem.of(error), error.detail.replace("\x00", "")[:2000]
    row.save(update_fields=_NOTED)


def _locked_at(requests: Sequence[wire.RelationshipRequest]) -> datetime | None:
    asked = [one.created_at for one in requests if one.action == "lockForApproval" and one.created_at]
    return max(asked, default=None)


def _store_requests(row: Relationship, told: Sequence[wire.RelationshipRequest]) -> None:
    RelationshipRequest.objects.bulk_create(
        [
            RelationshipRequest(
                relationship=row,
                microsoft_id=one.id[:100],
                action=one.action[:40],
                status=one.status[:40],
                created_at=one.created_at,
                modified_at=one.last_modified_at,
            )
            for one in told
        ],
        update_conflicts=True,
        unique_fields=["relationship", "microsoft_id"],
        update_fields=["action", "status", "created_at", "modified_at"],
    )


def _store_operations(row: Relationship, told: Sequence[wire.RelationshipOperation]) -> None:
    RelationshipOperation.objects.bulk_create(
        [
            RelationshipOperation(
                relationship=row,
                microsoft_id=one.id[:100],
                kind=one.kind[:60],
                status=one.status[:40],
                data=one.data,
                created_at=one.created_at,
                modified_at=one.last_modified_at,
            )
            for one in told
        ],
        update_conflicts=True,
        unique_fields=["relationship", "microsoft_id"],
        update_fields=["kind", "status", "data", "created_at", "modified_at"],
    )
