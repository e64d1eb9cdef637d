"""Which rows a person has chosen for an order: from the address or the posted form to things they may see."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from customers.access import visible_connections, visible_customers
from customers.gdap.filters import RelationshipFilters
from customers.gdap.naming import names_for
from customers.gdap.orders import NewItem
from customers.gdap.queries import visible_relationships
from customers.gdap.rules import OF_ASSIGNMENTS
from customers.models import AccessAssignment, Connection, Customer, CustomerGroup, Order, Relationship

Action = Order.Action
OF_CUSTOMERS = (Action.CREATE, Action.CONSENT)
# One of them has to be said: an address whose choice got lost must never stand for all relationships.
FILTERS = (
    *("all", "q", "status", "mark", "within", "ends_after", "ends_before"),
    *("group", "not_group", "connection", "template"),
)
# These say themselves what they leave, whatever is written in them.
UNCHECKED = ("all", "status")


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """What the order is to be about; `is_open` is an invitation that whichever customer opens it may accept."""

    relationships: list[Relationship] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    connection: Connection | None = None
    is_open: bool = False

    @property
    def connections(self) -> list[Connection]:
        found = {one.connection for one in self.relationships}
        found |= {one.connection for one in self.customers if one.connection}
        return sorted(found | ({self.connection} if self.connection else set()), key=str)


def chosen_of(asked: QueryDict, *, action: str, user: User, now: datetime) -> Chosen:
    """Numbers and tenant IDs that this person may not see are as if they were not there."""
    connection = _connection(asked.get("connection", ""), user=user)
    if action in OF_CUSTOMERS:
        is_open = action == Action.CREATE and asked.get("open") == "1" and user.sees == User.Sees.ALL
        customers = [] if is_open else _customers(asked, user=user)
        return Chosen(customers=customers, connection=connection if is_open else None, is_open=is_open)
    rows = visible_relationships(user).select_related("customer__connection", "connection")
    if any(asked.getlist("relationship")):
        return Chosen(relationships=list(rows.filter(pk__in=_numbers(asked)).order_by("customer_name", "pk")))
    if any(asked.getlist("customer")):
        active = rows.filter(customer_tenant_id__in=_tenants(asked), gone_at__isnull=True)
        return Chosen(relationships=list(active.order_by("customer_name", "pk")))
    if not any(asked.get(name) for name in FILTERS):
        return Chosen()
    filters = RelationshipFilters.from_address(asked, user=user)
    if _has_lost(asked, filters.to_query()):
        return Chosen()  # a filter that means nothing, or nothing to this person, must not stand for everything
    found = filters.apply(rows, user=user, now=now)
    return Chosen(relationships=list(found.order_by("customer_name", "pk").distinct()))


def _has_lost(asked: QueryDict, kept: Mapping[str, str | list[str]]) -> bool:
    """Whether a filter of the address was left out because it can't mean anything to this person."""
    narrowing = [name for name in FILTERS if name not in UNCHECKED and asked.get(name, "").strip()]
    return any(name not in kept for name in narrowing) or any(
        set(filter(None, asked.getlist(name))) - set(kept.get(name, [])) for name in ("group", "not_group")
    )


def items_of(chosen: Chosen, *, action: str, parameters: Mapping[str, Any], pattern: str = "") -> list[NewItem]:
    """One row for each thing that was chosen."""
    if action == Action.CREATE:
        return _invitations(chosen, pattern=pattern)
    if action == Action.CONSENT:
        return [NewItem(connection=one.connection, customer=one) for one in chosen.customers if one.connection]
    held = _assignments(chosen, group=str(parameters.get("group_id", ""))) if action in OF_ASSIGNMENTS else {}
    return [
        NewItem(connection=one.connection, relationship=one, customer=one.customer, assignment=held.get(one.pk))
        for one in chosen.relationships
    ]


def _invitations(chosen: Chosen, *, pattern: str) -> list[NewItem]:
    if chosen.is_open and chosen.connection:
        name = names_for(pattern, customers=[_("anybody")], connections=[chosen.connection])[0]
        return [NewItem(connection=chosen.connection, parameters={"name": name})]
    reachable = [(one, one.connection) for one in chosen.customers if one.connection]
    names = names_for(
        pattern, customers=[one.name for one, _way in reachable], connections=[way for _one, way in reachable]
    )
    return [
        NewItem(connection=way, customer=one, parameters={"name": name})
        for (one, way), name in zip(reachable, names, strict=True)
    ]


def _assignments(chosen: Chosen, *, group: str) -> dict[int, AccessAssignment]:
    """What the group holds in each relationship; while no group is chosen, what any of them holds."""
    rows = AccessAssignment.objects.filter(relationship__in=chosen.relationships)
    if group:
        rows = rows.filter(group_id__in=_uuids([group]))
    return {row.relationship_id: row for row in rows.filter(gone_at__isnull=True).order_by("pk")}


def _customers(asked: QueryDict, *, user: User) -> list[Customer]:
    """Those named by tenant ID, name or domain, else all current ones of a group."""
    mine = visible_customers(user).select_related("connection").filter(gone_at__isnull=True).order_by("name", "pk")
    named = Q(tenant_id__in=_tenants(asked))
    for word in (" ".join(text.replace("\x00", "").split()) for text in asked.getlist("customer")):
        named |= Q(name__iexact=word) | Q(domain__iexact=word) | Q(initial_domain__iexact=word) if word else Q(pk=None)
    if any(asked.getlist("customer")):
        return list(mine.filter(named))
    group = asked.get("customer_group", "")
    if not (group.isascii() and group.isdigit() and len(group) < 10):
        return []
    found = CustomerGroup.objects.filter(pk=int(group)).first()
    return list(customers_in(found, user=user)) if found else []


def customers_in(group: CustomerGroup, *, user: User) -> Any:
    from_address = QueryDict(f"group={group.pk}")
    narrowed = RelationshipFilters.from_address(from_address, user=user).groups
    if not narrowed.is_set:
        return []
    return narrowed.customers_of(user).select_related("connection").filter(gone_at__isnull=True).order_by("name", "pk")


def _numbers(asked: QueryDict) -> list[int]:
    """Keys of relationships; what no row can have is left out."""
    texts = asked.getlist("relationship")
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]


def _tenants(asked: QueryDict) -> list[UUID]:
    return _uuids(asked.getlist("customer"))


def _uuids(texts: Iterable[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text.strip()))
        except ValueError:
            continue
    return found


def _connection(text: str, *, user: User) -> Connection | None:
    try:
        return visible_connections(user).filter(pk=UUID(text)).first()
    except ValueError:
        return None
