"""Which customers a group holds: worked out in SQL each time, so that whoever is new or changed counts at once."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from customers.models import CustomerGroup
from customers.models.customer import CustomerQuerySet

NOBODY = Q(pk__in=())


def in_any(groups: Iterable[CustomerGroup]) -> Q:
    """Customers of at least one of the groups; of no groups, nobody."""
    found = NOBODY
    for group in groups:
        found |= in_group(group)
    return found


def in_group(group: CustomerGroup) -> Q:
    """Customers that the rule matches, or that were added, less those left out."""
    return picked_from(group, added=_rows(group, "added"), left_out=_rows(group, "left_out"))


def picked_from(group: CustomerGroup, *, added: Any, left_out: Any) -> Q:
    """The same with hand-picked customers, or their keys, that need not be stored yet."""
    return (_matches_rule(group) | Q(pk__in=added)) & ~Q(pk__in=left_out)


def _rows(group: CustomerGroup, name: str) -> QuerySet[Any]:
    rows: QuerySet[Any] = getattr(CustomerGroup, name).through.objects.filter(customergroup=group.pk)
    return rows.values("customer")


def _matches_rule(group: CustomerGroup) -> Q:
    parts = []
    if group.tags:
        parts.append(Q(tags__overlap=group.tags))
    if group.clouds:
        parts.append(Q(cloud__in=group.clouds))
    if group.connections:
        parts.append(Q(connection__in=group.connections))
    if group.words:
        parts.append(
            Q(name__icontains=group.words) | Q(domain__icontains=group.words) | Q(initial_domain__icontains=group.words)
        )
    found = Q() if parts else NOBODY
    for part in parts:
        found &= part
    return found


def narrowed_to(customers: CustomerQuerySet, groups: Iterable[CustomerGroup]) -> CustomerQuerySet:
    return customers.filter(in_any(groups))


def without(customers: CustomerQuerySet, groups: Iterable[CustomerGroup]) -> CustomerQuerySet:
    """By the primary key: a rule about an empty column would be neither true nor false, and hide the customer."""
    inside = CustomerQuerySet(customers.model).filter(in_any(groups))
    return customers.exclude(pk__in=inside.values("pk"))
