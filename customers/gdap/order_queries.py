"""What a person may see of orders: those they gave, and rows about customers whom they may see."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, may
from customers.access import of_visible_customers
from customers.gdap.orders import AGAIN_STATES, OPEN_STATES
from customers.models import Order, OrderItem

NEWEST_FIRST = ("-created_at", "-id")
THROUGH = [state for state in OrderItem.State.values if state not in OPEN_STATES]


def visible_items(user: User) -> QuerySet[OrderItem]:
    """Rows of visible customers; those of no customer are for who sees all customers."""
    return of_visible_customers(OrderItem.objects.all(), user=user)


def visible_orders(user: User) -> QuerySet[Order]:
    orders = Order.objects.select_related("ordered_by", "approved_by")
    if not may(user, Capability.SEE_CUSTOMERS):
        return orders.none()
    if user.sees == User.Sees.ALL:
        return orders
    mine = visible_items(user).filter(order=OuterRef("pk"))
    return orders.filter(Q(ordered_by=user) | Exists(mine))


def get_order(user: User, pk: int) -> Order:
    order = visible_orders(user).filter(pk=pk).first()
    if order is None:
        raise Http404(_("There is no such order, or it is about customers that you may not see."))
    return order


def sees_all_of(user: User, order: Order) -> bool:
    """Whether no row of it is about a customer whom this person may not see."""
    if user.sees == User.Sees.ALL:
        return True
    return not order.items.exclude(pk__in=visible_items(user).values("pk")).exists()


def with_counts(orders: QuerySet[Order], *, user: User) -> QuerySet[Any]:
    """Annotate `rows`, `through` and `troubled`: of rows that the person may see."""
    mine = Q() if user.sees == User.Sees.ALL else Q(items__in=visible_items(user))
    return orders.annotate(
        rows=Count("items", filter=mine) if mine else Count("items"),
        through=Count("items", filter=mine & Q(items__state__in=THROUGH)),
        troubled=Count("items", filter=mine & Q(items__state__in=AGAIN_STATES)),
    )


def count_states(items: QuerySet[OrderItem]) -> dict[str, int]:
    """How many rows are in which state, in the order of a row's life."""
    found = dict(items.order_by().values_list("state").annotate(number=Count("pk")))
    return {state: found[state] for state in OrderItem.State.values if state in found}
