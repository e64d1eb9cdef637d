"""Relationships with the names that people know their roles and groups by, for a page of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext as _

from customers.models import (
    GLOBAL_ADMINISTRATOR,
    AccessAssignment,
    AdminRole,
    Customer,
    Relationship,
    SecurityGroup,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """A group of ours in a relationship; `is_gone` where the group itself is no longer there."""

    assignment: AccessAssignment
    name: str
    roles: tuple[str, ...]
    is_gone: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RelationshipRow:
    relationship: Relationship
    customer: Customer | None
    roles: tuple[str, ...]
    privileged: frozenset[str] = frozenset()  # names of roles that Microsoft calls so
    holders: tuple[Holder, ...] = field(default=())
    is_first: bool = True  # of its customer on this page

    @property
    def customer_name(self) -> str:
        if self.customer is not None:
            return self.customer.name
        return self.relationship.customer_name or _("Whoever accepts it")

    @property
    def has_global_administrator(self) -> bool:
        return self.relationship.has_global_administrator


def rows_of(relationships: Sequence[Relationship]) -> list[RelationshipRow]:
    """In the given order; three statements however many there are. `customer` must have been loaded."""
    roles = list(AdminRole.objects.all())
    names = {role.pk: role.name for role in roles}
    privileged = frozenset(role.name for role in roles if role.is_privileged)
    holders = holders_of(relationships, names=names)
    rows: list[RelationshipRow] = []
    for one in relationships:
        before = rows[-1].relationship if rows else None
        rows.append(
            RelationshipRow(
                relationship=one,
                customer=one.customer,
                roles=words_of(one.role_ids, names=names),
                privileged=privileged,
                holders=tuple(holders[one.pk]),
                is_first=before is None or before.customer_tenant_id != one.customer_tenant_id,
            )
        )
    return rows


def role_names() -> dict[UUID, str]:
    return dict(AdminRole.objects.values_list("pk", "name"))


def privileged_names() -> frozenset[str]:
    return frozenset(AdminRole.objects.filter(is_privileged=True).values_list("name", flat=True))


def words_of(role_ids: Iterable[UUID], *, names: dict[UUID, str]) -> tuple[str, ...]:
    """Names of roles in order, Global Administrator first; one we have no name for is shown as its id."""
    known = ((str(role) != GLOBAL_ADMINISTRATOR, names.get(role, str(role))) for role in role_ids)
    return tuple(name for _is_other, name in sorted(known))


def holders_of(
    relationships: Iterable[Relationship], *, names: dict[UUID, str], gone_too: bool = False
) -> defaultdict[int, list[Holder]]:
    """Which of our groups holds which roles, by relationship."""
    wanted = {one.pk: one.connection_id for one in relationships}
    assignments = AccessAssignment.objects.filter(relationship__in=wanted).order_by("pk")
    if not gone_too:
        assignments = assignments.filter(gone_at__isnull=True).exclude(status="deleted")
    found = list(assignments)
    groups = {
        (group.connection_id, group.group_id): group
        for group in SecurityGroup.objects.filter(group_id__in={one.group_id for one in found})
    }
    holders: defaultdict[int, list[Holder]] = defaultdict(list)
    for one in found:
        group = groups.get((wanted[one.relationship_id], one.group_id))
        holders[one.relationship_id].append(
            Holder(
                assignment=one,
                name=str(group) if group else str(one.group_id),
                roles=words_of(one.role_ids, names=names),
                is_gone=group is not None and group.gone_at is not None,
            )
        )
    return holders
