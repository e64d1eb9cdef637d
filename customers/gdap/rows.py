"""Relationships with the names that people know their roles and groups by, for a page of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import OuterRef, Subquery
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
    """In the given order; two statements however many there are. `customer` must have been loaded."""
    names, privileged = known_roles()
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


def known_roles() -> tuple[dict[UUID, str], frozenset[str]]:
    """The names of all roles, and those of the privileged ones."""
    roles = list(AdminRole.objects.values_list("pk", "name", "is_privileged"))
    return {pk: name for pk, name, _is_privileged in roles}, frozenset(
        name for _pk, name, is_privileged in roles if is_privileged
    )


def role_names() -> dict[UUID, str]:
    return known_roles()[0]


def privileged_names() -> frozenset[str]:
    return known_roles()[1]


def words_of(role_ids: Iterable[UUID], *, names: dict[UUID, str]) -> tuple[str, ...]:
    """Names of roles in order, Global Administrator first; one we have no name for is shown as its id."""
    known = ((str(role) != GLOBAL_ADMINISTRATOR, names.get(role, str(role))) for role in role_ids)
    return tuple(name for _is_other, name in sorted(known))


def holders_of(
    relationships: Iterable[Relationship], *, names: dict[UUID, str], gone_too: bool = False
) -> defaultdict[int, list[Holder]]:
    """Which of our groups holds which roles, by relationship; one statement."""
    assignments = AccessAssignment.objects.filter(relationship__in=[one.pk for one in relationships]).order_by("pk")
    if not gone_too:
        assignments = assignments.filter(gone_at__isnull=True).exclude(status="deleted")
    group = SecurityGroup.objects.filter(connection=OuterRef("relationship__connection"), group_id=OuterRef("group_id"))
    named = assignments.annotate(
        group_name=Subquery(group.values("name")[:1]), group_gone_at=Subquery(group.values("gone_at")[:1])
    )
    holders: defaultdict[int, list[Holder]] = defaultdict(list)
    for one in named:
        holder = Holder(
            assignment=one,
            name=one.group_name or str(one.group_id),
            roles=words_of(one.role_ids, names=names),
            is_gone=one.group_gone_at is not None,
        )
        holders[one.relationship_id].append(holder)
    return holders
