"""The only door to customers: what a person may not see is not there."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, prefetch_related_objects
from django.http import Http404
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, may
from customers.groups import narrowed_to, without
from customers.models import Connection, Customer, CustomerGroup, Favorite, Feed
from customers.models.customer import CustomerQuerySet
from customers.queries import with_health_at

RowsT = TypeVar("RowsT", bound=QuerySet[Any])


def visible_customers(user: User) -> CustomerQuerySet:
    """The customers this person may see, the gone ones included: where every reading for a person starts."""
    everyone = CustomerQuerySet(Customer)
    if not may(user, Capability.SEE_CUSTOMERS):
        return everyone.none()
    if user.sees == User.Sees.ALL:
        return everyone.all()
    if user.sees == User.Sees.ONLY:
        return narrowed_to(everyone, scope_groups_of(user))
    return without(everyone, scope_groups_of(user))


def scope_groups_of(user: User) -> list[CustomerGroup]:
    """The groups that the person's scope speaks of; one statement for the whole life of this `user` object."""
    prefetch_related_objects([user], "scope_groups")
    return list(user.scope_groups.all())


def visible_groups(user: User) -> QuerySet[CustomerGroup]:
    """Groups to filter by: to whom sees a part of the customers, the name of another group may say too much."""
    groups = CustomerGroup.objects.order_by("name")
    if user.sees == User.Sees.ALL:
        return groups
    if user.sees == User.Sees.ONLY:
        return groups.filter(people=user)
    return groups.exclude(people=user)


def visible_connections(user: User) -> QuerySet[Connection]:
    """Connections to filter by: those of customers this person may see."""
    connections = Connection.objects.order_by("name")
    if user.sees == User.Sees.ALL:
        return connections
    return connections.filter(pk__in=visible_customers(user).values("connection"))


def sees_many_clouds(user: User) -> bool:
    """Whether a cloud's name tells this person anything: where all customers are in one cloud, it is only noise."""
    return len(visible_customers(user).order_by().values_list("cloud").distinct()[:2]) > 1


def of_visible_customers(rows: RowsT, *, user: User) -> RowsT:
    """Rows that hang on customers, without those of customers this person may not see.

    The same rule as `visible_customers`; of who sees all of them, no list of 10,000 ids burdens the statement.
    """
    if not may(user, Capability.SEE_CUSTOMERS):
        return rows.none()
    if user.sees == User.Sees.ALL:
        return rows
    return rows.filter(customer__in=visible_customers(user).order_by().values("pk"))


def get_customer(user: User, tenant_id: UUID) -> Customer:
    """The customer with its connection, or 404 where there is none that this person may see."""
    return _only(visible_customers(user).filter(tenant_id=tenant_id))


def get_customer_at(user: User, tenant_id: UUID, *, now: datetime) -> Any:
    """The same customer with what `with_health_at` knows of it now, and whether it `is_favorite`."""
    found = with_health_at(visible_customers(user).filter(tenant_id=tenant_id), now=now)
    marks = Favorite.objects.filter(customer=OuterRef("pk"), person=user)
    return _only(found.annotate(is_favorite=Exists(marks)))


def feeds_of(customer: Customer) -> dict[str, Feed]:
    """What we read of a customer whom the caller may see, by kind."""
    return {feed.kind: feed for feed in customer.feeds.all()}


def _only(found: CustomerQuerySet) -> Customer:
    customer = found.select_related("connection", "owner", "calendar").first()
    if customer is None:
        raise Http404(_("There is no such customer, or you may not see it."))
    return customer
