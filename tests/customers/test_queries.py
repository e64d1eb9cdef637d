"""How a customer is now: never healthier than what was read lately."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Connection, Customer, Feed, State
from customers.models.customer import CustomerQuerySet
from customers.queries import stale_after, with_health_at

NOW = timezone.now()


@pytest.fixture
def customer(customers: list[Customer]) -> Customer:
    customer = customers[0]
    customer.health = State.HEALTHY
    customer.save(update_fields=["health"])
    return customer


def read(customer: Customer, **changes):
    Feed.objects.filter(customer=customer, kind=Feed.Kind.HEALTH).update(**changes)
    return with_health_at(CustomerQuerySet(Customer), now=NOW).get(pk=customer.pk)


def test_a_fresh_reading_is_shown_as_it_is(customer):
    row = read(customer, read_at=NOW - timedelta(minutes=2))
    assert (row.health_now, row.unknown_now) == (State.HEALTHY, "")
    assert row.health_read_at == NOW - timedelta(minutes=2)


def test_a_customer_that_was_never_read_is_unknown(customer):
    row = read(customer, read_at=None)
    assert (row.health_now, row.unknown_now) == (State.UNKNOWN, "NOT_READ")


def test_a_reading_that_is_too_old_is_unknown_because_stale(customer):
    row = read(customer, read_at=NOW - stale_after() - timedelta(seconds=1))
    assert (row.health_now, row.unknown_now) == (State.UNKNOWN, "STALE")


def test_the_limit_of_age_follows_the_interval_and_never_is_below_ten_minutes(settings):
    settings.HEALTH_INTERVAL_SECONDS = 60
    assert stale_after() == timedelta(minutes=10)
    settings.HEALTH_INTERVAL_SECONDS = 900
    assert stale_after() == timedelta(minutes=45)


def test_lost_access_keeps_its_cause_however_old_the_reading(customer):
    Customer.objects.filter(pk=customer.pk).update(health=State.UNKNOWN, unknown_because="FORBIDDEN")
    row = read(customer, read_at=NOW - timedelta(days=3))
    assert (row.health_now, row.unknown_now) == (State.UNKNOWN, "FORBIDDEN")


def test_a_customer_without_connection_says_so(customer):
    Customer.objects.filter(pk=customer.pk).update(connection=None)
    row = read(customer, read_at=None)
    assert (row.health_now, row.unknown_now) == (State.UNKNOWN, "NO_CONNECTION")


def test_every_customer_comes_once_although_it_has_several_feeds(customers):
    rows = with_health_at(CustomerQuerySet(Customer), now=NOW)
    assert len(rows) == rows.count() == len(customers)


def test_a_customer_of_a_paused_connection_says_so_once_its_reading_is_too_old(customer):
    Connection.objects.update(is_paused=True)
    row = read(customer, read_at=NOW - timedelta(minutes=2))
    assert (row.health_now, row.unknown_now) == (State.HEALTHY, "")
    for read_at in (None, NOW - stale_after() - timedelta(seconds=1)):
        row = read(customer, read_at=read_at)
        assert (row.health_now, row.unknown_now) == (State.UNKNOWN, "PAUSED")
