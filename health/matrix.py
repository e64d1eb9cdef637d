"""The matrix: customers down, services across, as each is known now."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet
from django.urls import reverse

from csp_portal.accounts.models import User
from customers.access import visible_customers
from customers.customer_filter import CustomerFilter
from customers.listing import listing_of
from customers.models import Customer, State
from health.models import Service
from health.queries import visible_service_states

LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixFilter:
    """`customers` narrows the rows, `service` leaves one column, `shows_all` keeps what is healthy too."""

    customers: CustomerFilter
    service: str
    shows_all: bool


class Cell(NamedTuple):
    """What is known now of a service at a customer; plain values, because a page holds a thousand of them."""

    pk: int
    state_now: int
    status: str
    status_raw: str
    unknown_now: str
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixRow:
    """A customer, the address of its health, and its cells in the order of the columns.

    A cell is None where the customer has no such service.
    """

    customer: Any
    address: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    services: tuple[str, ...]
    rows: tuple[MatrixRow, ...]


def draw_matrix(user: User, customers: Sequence[Customer], *, chosen: MatrixFilter, now: datetime) -> Matrix:
    """The states of these customers, in one statement; without `shows_all` only services that trouble one of them.

    A service that no customer here has troubles with would be a column of nothing to do. Services of the same name in
    two clouds share a column: a customer is in one cloud.
    """
    states = visible_service_states(user, now=now).filter(customer__in=[customer.pk for customer in customers])
    if chosen.service:
        states = states.filter(service__name=chosen.service)
    by_place: dict[tuple[int, str], Cell] = {}
    troubles: Counter[str] = Counter()
    for customer, name, *rest in states.values_list("customer", "service__name", *Cell._fields):
        cell = by_place[customer, name] = Cell._make(rest)
        troubles[name] += cell.state_now < State.HEALTHY
    names = sorted(name for name, count in troubles.items() if count or chosen.shows_all or chosen.service)
    rows = (
        MatrixRow(
            customer=customer,
            address=reverse("health:customer_health", args=[customer.tenant_id]),
            cells=tuple(by_place.get((customer.pk, name)) for name in names),
        )
        for customer in customers
    )
    return Matrix(services=tuple(names), rows=tuple(rows))


def count_states(user: User, chosen: CustomerFilter, *, now: datetime) -> dict[State, int]:
    """How many of the customers that the filter leaves are in each state; unknown is counted apart from healthy."""
    found: QuerySet[Any] = listing_of(visible_customers(user), chosen=chosen, now=now).ordered()[0]
    counts = dict(found.order_by().values_list("health_now").annotate(Count("pk")))
    return {state: counts.get(state.value, 0) for state in State}


def names_of_services() -> list[str]:
    """What the filter offers: Microsoft's services, which say nothing about any customer."""
    return sorted(set(Service.objects.values_list("name", flat=True)))


def service_of(text: str) -> str:
    return text.replace("\x00", "").strip()[:LONGEST_NAME]
