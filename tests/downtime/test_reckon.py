"""The minutes of a month: by the database at once, and by the timeline one by one, they are the same."""

import random
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer, Feed, State
from customers.queries import stale_after
from health.downtime.reckon import month_of, next_month, reckon, reckon_due, start_of
from health.models import Downtime, Gap, ReckonedMonth, Service, ServiceState, StateChange
from health.timeline import spans_between, sum_of

MARCH = date(2026, 3, 1)
START, END = start_of(MARCH), start_of(date(2026, 4, 1))
NOW = END + timedelta(hours=5)
HOUR = timedelta(hours=1)


@pytest.fixture
def service(db):
    return Service.objects.create(cloud="global", microsoft_id="Exchange", name="Exchange Online")


@pytest.fixture
def make(service):
    """A customer with these transitions and gaps, whose health was last read at this moment."""

    def make_one(changes, *, gaps=(), read_at=NOW):
        customer = Customer.objects.create(tenant_id=uuid.uuid4(), cloud="global", name="Contoso", source="FILE")
        Feed.objects.create(customer=customer, kind=Feed.Kind.HEALTH, read_at=read_at)
        before = None
        for at, after in changes:
            StateChange.objects.create(customer=customer, service=service, at=at, before=before, after=after)
            before = after
        if changes:
            at, after = changes[-1]
            ServiceState.objects.create(customer=customer, service=service, state=after, status="OTHER", since=at)
        for began, ended in gaps:
            Gap.objects.get_or_create(customer=customer, began_at=began, defaults={"ended_at": ended})
        return customer

    return make_one


def _seconds(customer):
    return (
        Downtime.objects.filter(customer=customer)
        .values_list("incident_seconds", "degraded_seconds", "healthy_seconds", "unknown_seconds")
        .get()
    )


def test_an_incident_counts_from_its_first_moment_up_to_and_without_its_end(make):
    down = make([(START, State.HEALTHY), (START + HOUR, State.INCIDENT), (START + 3 * HOUR, State.HEALTHY)])

    reckon(MARCH, now=NOW)

    assert _seconds(down) == (7200, 0, 31 * 86400 - 7200, 0)


def test_degradation_is_no_downtime_and_is_told_beside_it(make):
    slow = make([(START, State.DEGRADED), (START + HOUR, State.INCIDENT), (START + 2 * HOUR, State.HEALTHY)])

    reckon(MARCH, now=NOW)

    assert _seconds(slow)[:2] == (3600, 3600)


def test_an_incident_over_the_turn_of_the_month_is_shared_by_both_months(make):
    make([(START - 2 * HOUR, State.HEALTHY), (START - HOUR, State.INCIDENT), (START + HOUR, State.HEALTHY)])

    for month in (date(2026, 2, 1), MARCH, date(2026, 4, 1)):
        reckon(month, now=NOW)

    assert dict(Downtime.objects.values_list("month", "incident_seconds")) == {date(2026, 2, 1): 3600, MARCH: 3600}


def test_an_incident_that_lasts_for_months_is_in_each_of_them(make):
    make([(START - 40 * 24 * HOUR, State.INCIDENT)])

    reckon(MARCH, now=NOW)
    reckon(date(2026, 4, 1), now=NOW)

    assert dict(Downtime.objects.values_list("month__month", "incident_seconds")) == {3: 31 * 86400, 4: 5 * 3600}


def test_what_nobody_could_know_is_neither_up_nor_down(make):
    gaps = [(START + 2 * HOUR, START + 4 * HOUR), (START + 3 * HOUR, START + 5 * HOUR)]
    read_at = START + 9 * HOUR - stale_after()
    down = make([(START + HOUR, State.INCIDENT), (START + 8 * HOUR, State.HEALTHY)], gaps=gaps, read_at=read_at)

    reckon(MARCH, now=NOW)

    assert _seconds(down) == (4 * 3600, 0, 3600, 31 * 86400 - 5 * 3600)


def test_who_had_no_trouble_has_no_row_and_a_row_that_came_to_nothing_says_so(make):
    make([(START, State.HEALTHY)])
    lost = make([(START, State.INCIDENT), (START + HOUR, State.HEALTHY)])
    reckon(MARCH, now=NOW)
    Gap.objects.create(customer=lost, began_at=START - HOUR, ended_at=START + 2 * HOUR)

    reckon(MARCH, now=NOW)

    assert _seconds(lost)[:2] == (0, 0)
    assert Downtime.objects.count() == 1


@pytest.mark.parametrize("now", [NOW, START + timedelta(days=17, seconds=5)], ids=["a whole month", "a running month"])
def test_any_history_adds_up_to_what_the_timeline_says(make, now):
    dice, end = random.Random(4), min(now, END)
    span = int((END - START).total_seconds())

    def moments(count):
        return sorted(START + timedelta(seconds=dice.randint(-span // 4, span)) for _ in range(count))

    told = {}
    for _ in range(60):
        changes = [(at, dice.choice(list(State))) for at in moments(dice.randint(1, 9))]
        gaps = [tuple(moments(2)) for _ in range(dice.randint(0, 3))]
        read_at = dice.choice([now, *moments(1)])
        customer = make(changes, gaps=gaps, read_at=read_at)
        stale = [(read_at + stale_after(), now)] if read_at + stale_after() < now else []
        one = sum_of(spans_between(changes, gaps=[*gaps, *stale], start=START, end=end))
        if one.incident or one.degraded:
            kinds = (one.incident, one.degraded, one.healthy, one.unknown)
            told[customer.pk] = tuple(int(kind.total_seconds()) for kind in kinds)

    reckon(MARCH, now=now)

    columns = ("incident_seconds", "degraded_seconds", "healthy_seconds", "unknown_seconds")
    assert {pk: tuple(rest) for pk, *rest in Downtime.objects.values_list("customer", *columns)} == told
    assert len(told) > 15


def test_a_month_is_reckoned_every_hour_and_for_good_a_day_after_its_end(make):
    make([(START, State.INCIDENT)])
    during = START + 10 * HOUR

    assert reckon_due(now=during) == 1
    assert reckon_due(now=during + HOUR / 2) == 0
    assert reckon_due(now=during + HOUR) == 1
    assert reckon_due(now=END + HOUR) == 2
    assert reckon_due(now=END + 25 * HOUR) == 2

    assert dict(ReckonedMonth.objects.values_list("month", "due_at")) == {
        MARCH: None,
        date(2026, 4, 1): END + 26 * HOUR,
    }


def test_the_first_reckoning_takes_in_all_months_that_were_recorded(make):
    make([(START - 70 * 24 * HOUR, State.HEALTHY), (START + HOUR, State.INCIDENT)])

    assert reckon_due(now=NOW) == 5
    assert sorted(ReckonedMonth.objects.values_list("month__month", flat=True)) == [1, 2, 3, 4, 12]


def test_a_month_costs_one_statement_however_many_customers_were_down(make):
    for _ in range(20):
        make([(START, State.INCIDENT)])

    with CaptureQueriesContext(connection) as captured:
        reckon(MARCH, now=NOW)

    assert len(captured) == 1


def test_months_are_those_of_utc():
    moment = datetime.fromisoformat("2026-03-01T07:00:00+08:00")

    assert month_of(moment) == date(2026, 2, 1)
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert start_of(MARCH) == datetime(2026, 3, 1, tzinfo=UTC)
