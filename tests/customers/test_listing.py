"""A list of customers whose readings are partly too old: the quick way and the thorough one show the same."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from csp_portal.keyset import Page
from customers.listing import Listing
from customers.models import CloudChoice, Customer, Feed, State
from customers.models.customer import CustomerQuerySet
from customers.queries import ids_of_late

NOW = timezone.now()
STATES = (State.HEALTHY, State.INCIDENT, State.UNKNOWN, State.DEGRADED)


@pytest.fixture
def late(db) -> list[int]:
    """Of 130 customers in all states every seventh was read too long ago; returns those."""
    rows = Customer.objects.bulk_create(
        Customer(
            tenant_id=uuid.uuid4(),
            cloud=CloudChoice.GLOBAL,
            name=f"Customer {number % 40:02}",
            source=Customer.Source.FILE,
            health=STATES[number % 4],
        )
        for number in range(130)
    )
    Feed.objects.bulk_create(
        Feed(customer=row, kind=Feed.Kind.HEALTH, read_at=NOW - timedelta(days=number % 7 == 0))
        for number, row in enumerate(rows)
    )
    return [row.pk for number, row in enumerate(rows) if number % 7 == 0]


def listing(*, late: list[int] | None, sort: str = "health", state: State | None = None) -> Listing:
    return Listing(rows=CustomerQuerySet(Customer), state=state, sort=sort, now=NOW, late=late)


def pages(shown: Listing) -> list[list[tuple[int, int]]]:
    """Every page to the last one, as id and state of each row; the way back must show the same."""
    there: list[Page[Any]] = [shown.page("")]
    while there[-1].has_next:
        there.append(shown.page(there[-1].next_page_number))
    back = [there[-1]]
    while back[-1].has_previous:
        back.append(shown.page(back[-1].previous_page_number))
    found = [[(row.pk, row.health_now) for row in page.rows] for page in there]
    assert {row.pk for page in back for row in page.rows} == {pk for page in found for pk, _ in page}
    return found


def test_the_late_are_found(late):
    assert sorted(ids_of_late(now=NOW) or []) == late


@pytest.mark.parametrize("sort", ["health", "-health", "name"])
def test_every_page_is_the_same_whether_the_late_stand_apart_or_all_are_worked_out(late, sort):
    quick, thorough = (pages(listing(late=known, sort=sort)) for known in (late, None))
    assert quick == thorough
    assert [len(page) for page in quick] == [50, 50, 30]


@pytest.mark.parametrize("state", State)
def test_a_state_finds_the_late_among_the_unknown_only(late, state):
    quick, thorough = listing(late=late, state=state), listing(late=None, state=state)
    assert pages(quick) == pages(thorough)
    assert quick.count() == thorough.count() == sum(map(len, pages(quick)))
    shown = {pk for page in pages(quick) for pk, _ in page}
    assert shown >= set(late) if state == State.UNKNOWN else not shown & set(late)
