"""Which rule tells what to whom: once a target, of the customers of its scope alone."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from csp_portal.calendars.models import Calendar, OpenSpan
from csp_portal.notices.events import close_event, raise_event
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Delivery, Event, Rule
from customers.models import Customer, CustomerGroup
from health.alerts.deal import deal
from tests.health.answers import issue, service, tell
from tests.notices.times import DEALT, NOW

EXCHANGE = ("Exchange", "Exchange Online")
LATER = DEALT + timedelta(minutes=2)


def broken(*, severity: Severity = Severity.WARNING, cloud: str = "global", service: str = "") -> None:
    facts = {"title": "Contoso", "path": "/settings/"}
    raise_event(
        EventKind.CONNECTION_BROKEN, key="broken", severity=severity, facts=facts, now=NOW, cloud=cloud, service=service
    )


def hit_counts() -> list[int]:
    return [row.content["customers"]["count"] for row in Delivery.objects.order_by("made_at")]


def test_ten_identical_events_are_one_delivery_that_says_ten(make_target, make_rule):
    make_rule(make_target())
    for _ in range(10):
        broken()
    deal(now=DEALT)
    broken()
    deal(now=LATER)

    assert Delivery.objects.get().content["count"] == 10
    assert Event.objects.get().count == 11


@pytest.mark.django_db(transaction=True)
def test_two_workers_make_one_delivery(make_target, make_rule):
    make_rule(make_target())
    broken()
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        try:
            deal(now=DEALT)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert Delivery.objects.count() == 1


def test_two_rules_tell_a_target_once_and_at_once_goes_before_a_digest(make_target, make_rule):
    target = make_target()
    make_rule(target, name="Digest", rhythm=Rule.Rhythm.DAILY)
    make_rule(target, name="Now")
    broken()
    deal(now=DEALT)

    assert Delivery.objects.get().rule.name == "Now"


def test_nobody_is_told_before_what_belongs_together_is_together(make_target, make_rule):
    make_rule(make_target())
    broken()

    assert deal(now=NOW + timedelta(seconds=10)) == 0
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("rule", "is_told"),
    [
        ({"kinds": [EventKind.CONNECTION_BROKEN]}, True),
        ({"kinds": [EventKind.ISSUE_OPENED]}, False),
        ({"least": Severity.WARNING}, True),
        ({"least": Severity.CRITICAL}, False),
        ({"clouds": ["global"]}, True),
        ({"clouds": ["china"]}, False),
        ({"services": ["Exchange Online"]}, True),
        ({"services": ["Microsoft Teams"]}, False),
        ({"is_enabled": False}, False),
        ({"since_at": NOW + timedelta(seconds=1)}, False),
    ],
)
def test_a_rule_tells_what_it_is_for(make_target, make_rule, rule, is_told):
    make_rule(make_target(), **rule)
    broken(service="Exchange Online")
    deal(now=DEALT)

    assert Delivery.objects.exists() is is_told


def test_only_customers_of_the_scope_are_counted_and_named(make_feeds, make_target, make_rule):
    feeds = make_feeds(5)
    north = CustomerGroup.objects.create(name="North", tags=["north"])
    Customer.objects.filter(pk__in=[one.customer_id for one in feeds[:2]]).update(tags=["north"])
    only = make_rule(make_target("north"), name="North")
    only.only_groups.add(north)
    rest = make_rule(make_target("rest"), name="Rest")
    rest.except_groups.add(north)
    for one in feeds:
        tell(one, service(*EXCHANGE, issue()), now=NOW)
    deal(now=DEALT)

    told = {row.rule.name: row.content["customers"] for row in Delivery.objects.select_related("rule")}
    assert {row.rule.name: row.content["count"] for row in Delivery.objects.select_related("rule")} == {
        "North": 2,
        "Rest": 3,
    }
    assert told["North"] == {"count": 2, "names": ["Customer 0", "Customer 1"]}
    assert told["Rest"] == {"count": 3, "names": ["Customer 2", "Customer 3", "Customer 4"]}


def test_a_customer_who_enters_a_group_by_its_rule_is_in_scope_of_an_alert_that_is_there(
    make_feeds,
    make_target,
    make_rule,
):
    (one,) = make_feeds(1)
    group = CustomerGroup.objects.create(name="North", tags=["north"])
    rule = make_rule(make_target())
    rule.only_groups.add(group)
    tell(one, service(*EXCHANGE, issue()), now=NOW)
    deal(now=DEALT)
    assert not Delivery.objects.exists()

    Customer.objects.update(tags=["north"])
    deal(now=LATER)
    assert hit_counts() == [1]


def test_what_is_about_no_customer_is_for_rules_without_a_group(make_target, make_rule):
    group = CustomerGroup.objects.create(name="North", tags=["north"])
    make_rule(make_target("only"), name="Only").only_groups.add(group)
    make_rule(make_target("except"), name="Except").except_groups.add(group)
    broken()
    deal(now=DEALT)

    assert [row.rule.name for row in Delivery.objects.select_related("rule")] == ["Except"]


def test_an_alert_that_ends_before_anybody_looked_is_still_told(make_target, make_rule):
    make_rule(make_target())
    broken()
    close_event("broken", now=NOW)
    deal(now=DEALT)

    assert Delivery.objects.get().content["closedAt"] is not None
    assert Event.objects.get().due_at is None


def test_digests_wait_for_the_hour_and_for_the_morning(make_target, make_rule):
    make_rule(make_target("hour"), name="Hour", rhythm=Rule.Rhythm.HOURLY)
    make_rule(make_target("day"), name="Day", rhythm=Rule.Rhythm.DAILY)
    broken()
    deal(now=DEALT)

    due = {row.rule.name: (row.due_at.isoformat(), row.is_digest) for row in Delivery.objects.select_related("rule")}
    assert due == {"Hour": ("2026-11-02T10:00:00+00:00", True), "Day": ("2026-11-03T08:00:00+00:00", True)}


def test_many_events_against_a_rule_cost_a_constant_number_of_statements(
    make_feeds,
    make_target,
    make_rule,
    django_assert_max_num_queries,
):
    group = CustomerGroup.objects.create(name="North", tags=["north"])
    make_rule(make_target()).only_groups.add(group)
    (one,) = make_feeds(1)
    tell(one, service(*EXCHANGE, *(issue(f"EX{number}") for number in range(60))), now=NOW)
    with django_assert_max_num_queries(12):
        assert deal(now=DEALT) == 60


@pytest.mark.parametrize(
    ("outside", "state", "due"), [("WAIT", "WAITING", "2026-11-02T13:00:00+00:00"), ("DROP", "DROPPED", None)]
)
def test_outside_of_its_hours_a_rule_waits_for_them_or_tells_nothing(make_target, make_rule, outside, state, due):
    afternoon = Calendar.objects.create(name="Afternoon", zone="UTC")
    OpenSpan.objects.create(calendar=afternoon, weekday=0, begins=13 * 60, ends=17 * 60)  # NOW is Monday at nine
    make_rule(make_target(), hours=afternoon, outside=outside)
    broken()
    deal(now=DEALT)
    deal(now=NOW + timedelta(hours=5))

    delivery = Delivery.objects.get()
    assert delivery.state == state
    assert due is None or delivery.due_at.isoformat() == due
