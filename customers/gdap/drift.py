"""Drift: relationships whose groups do not hold what their template says, found each night and on demand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from customers.gdap.facts import Grant
from customers.gdap.gather import grants_of
from customers.gdap.role_templates import roles_by_group
from customers.models import Drift, Order, Relationship, RoleTemplate, SecurityGroup

EVERY = timedelta(hours=20)  # at least once a night, whenever the worker wakes
MOST_AT_ONCE = 100  # relationships in the address of one order


class Kind(StrEnum):
    GROUP_GONE = "GROUP_GONE"  # a group of the template was deleted
    NOT_GRANTED = "NOT_GRANTED"  # the relationship lacks roles of the template
    MISSING = "MISSING"  # the group holds nothing here
    DIFFERENT = "DIFFERENT"  # the group holds other roles
    EXTRA = "EXTRA"  # a group that the template does not name holds roles


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    kind: Kind
    group: UUID | None
    roles: frozenset[UUID]

    def to_json(self) -> dict[str, object]:
        group = str(self.group) if self.group else ""
        return {"kind": self.kind.value, "group": group, "roles": sorted(map(str, self.roles))}


@dataclass(frozen=True, kw_only=True, slots=True)
class Repair:
    """Relationships with the same difference, and the order that mends it; empty where none can."""

    kind: Kind
    group: str
    roles: tuple[str, ...]
    relationships: tuple[int, ...]

    @property
    def address(self) -> str:
        action = _MENDS.get(self.kind)
        if action is None:
            return ""
        asked = [("action", action.value), ("group_id", self.group), ("reason", "")]
        asked += [("role_ids", role) for role in self.roles]
        asked += [("relationship", str(pk)) for pk in self.relationships[:MOST_AT_ONCE]]
        return f"{reverse('gdap:order_new')}?{urlencode(asked)}"


_MENDS = {
    Kind.MISSING: Order.Action.ASSIGN,
    Kind.DIFFERENT: Order.Action.CHANGE_ASSIGNMENT,
    Kind.EXTRA: Order.Action.UNASSIGN,
}


def differences(grant: Grant, *, wanted: Mapping[UUID, frozenset[UUID]], gone: Iterable[UUID]) -> list[Difference]:
    """What of the relationship is not as wanted; of one whose assignments were not read nothing is known."""
    if grant.assignments is None:
        return []
    held: dict[UUID, frozenset[UUID]] = {}
    for one in grant.assignments:
        if one.is_living:
            held[one.group.group_id] = held.get(one.group.group_id, frozenset()) | one.role_ids
    deleted = set(gone)
    found = [Difference(kind=Kind.GROUP_GONE, group=group, roles=wanted[group]) for group in wanted if group in deleted]
    everything: frozenset[UUID] = frozenset().union(*wanted.values())
    if lacking := everything - grant.role_ids:
        found.append(Difference(kind=Kind.NOT_GRANTED, group=None, roles=lacking))
    for group, roles in wanted.items():
        can_have = roles & grant.role_ids
        if group not in deleted and can_have and held.get(group) != can_have:
            kind = Kind.DIFFERENT if group in held else Kind.MISSING
            found.append(Difference(kind=kind, group=group, roles=can_have))
    found += [Difference(kind=Kind.EXTRA, group=group, roles=held[group]) for group in held.keys() - wanted.keys()]
    return sorted(found, key=lambda one: (one.kind, str(one.group)))


def relationships_of(template: RoleTemplate) -> QuerySet[Relationship]:
    """The active ones that were made from it, or given to it by hand."""
    return template.relationships.filter(gone_at__isnull=True, status=Relationship.Status.ACTIVE)


@transaction.atomic
def check_template(template: RoleTemplate, *, now: datetime) -> int:
    """Write anew which of its relationships drifted; returns how many."""
    RoleTemplate.objects.select_for_update().get(pk=template.pk)
    wanted = roles_by_group(template)
    gone = set(
        SecurityGroup.objects.filter(
            connection=template.connection, group_id__in=wanted, gone_at__isnull=False
        ).values_list("group_id", flat=True)
    )
    ids = dict(relationships_of(template).values_list("pk", "customer"))
    grants = grants_of([customer for customer in ids.values() if customer])
    found = {
        grant.pk: differences(grant, wanted=wanted, gone=gone)
        for row in grants.values()
        for grant in row
        if grant.pk in ids
    }
    rows = [
        Drift(relationship_id=pk, template=template, differences=[one.to_json() for one in some], found_at=now)
        for pk, some in sorted(found.items())
        if some
    ]
    Drift.objects.filter(Q(template=template) | Q(relationship__in=[row.relationship_id for row in rows])).delete()
    Drift.objects.bulk_create(rows, batch_size=1000)
    RoleTemplate.objects.filter(pk=template.pk).update(checked_at=now)
    return len(rows)


def check_due(*, now: datetime) -> int:
    """Each template that was not held against its relationships for most of a day."""
    due = RoleTemplate.objects.filter(Q(checked_at__isnull=True) | Q(checked_at__lt=now - EVERY))
    return sum(check_template(template, now=now) for template in due.select_related("connection").order_by("pk"))


def repairs_of(rows: Iterable[Drift]) -> list[Repair]:
    """The same difference of many relationships is mended by one order."""
    by_difference: dict[tuple[str, str, tuple[str, ...]], list[int]] = {}
    for row in rows:
        for one in row.differences:
            by_difference.setdefault((one["kind"], one["group"], tuple(one["roles"])), []).append(row.relationship_id)
    return [
        Repair(kind=Kind(kind), group=group, roles=roles, relationships=tuple(pks))
        for (kind, group, roles), pks in sorted(by_difference.items())
    ]
