"""An event is one row, however often and by however many it is seen."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from csp_portal.notices.events import Raised, close_event, raise_event, raise_events
from csp_portal.notices.forget import close_of_gone, forget_old_events
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Event
from customers.models import Customer

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
FACTS = {"title": "Adatum"}


def lost(*, now: datetime = NOW, severity: Severity = Severity.WARNING, **more: Any) -> None:
    raise_event(
        EventKind.ACCESS_LOST, key="access/adatum", severity=severity, facts={"title": "Adatum"}, now=now, **more
    )


def test_ten_identical_events_are_one_with_the_count_ten(db):
    for minute in range(10):
        lost(now=NOW + timedelta(minutes=minute))

    event = Event.objects.get()
    assert (event.count, event.first_seen_at, event.last_seen_at) == (10, NOW, NOW + timedelta(minutes=9))


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_see_the_same_make_one_event():
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        try:
            for _ in range(20):
                lost()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert list(Event.objects.values_list("count", flat=True)) == [40]


def test_what_was_closed_and_comes_again_is_a_new_event(db):
    lost()
    assert close_event("access/adatum", now=NOW)
    assert not close_event("access/adatum", now=NOW)
    lost()

    assert list(Event.objects.order_by("id").values_list("count", "closed_at")) == [(1, NOW), (1, None)]


def test_the_worst_severity_stays_and_the_newest_facts_count(db):
    lost(severity=Severity.CRITICAL)
    raise_event(
        EventKind.ACCESS_LOST, key="access/adatum", severity=Severity.INFO, facts={"title": "Adatum AG 陳"}, now=NOW
    )

    event = Event.objects.get()
    assert (event.severity, event.facts) == (Severity.CRITICAL, {"title": "Adatum AG 陳"})


def test_news_are_told_once_and_never_come_due_again(db):
    for _ in range(2):
        raise_event(
            EventKind.MESSAGE_POSTED, key="message/MC1", severity=Severity.INFO, facts={"title": "New"}, now=NOW
        )
        Event.objects.filter(is_news=True, count=1).update(due_at=None)

    assert not close_event("message/MC1", now=NOW)
    assert list(Event.objects.values_list("count", "is_news", "due_at")) == [(2, True, None)]


def test_many_events_about_many_customers_cost_two_statements(db, customers, django_assert_num_queries):
    keys = list(Customer.objects.values_list("pk", flat=True))
    raised = [
        Raised(
            kind=EventKind.ACCESS_LOST,
            key=f"access/{pk}",
            severity=Severity.WARNING,
            facts={"title": ""},
            customers=[pk],
        )
        for pk in keys
    ]
    with django_assert_num_queries(2):
        raise_events(raised, now=NOW)
    raise_events(raised[:1], now=NOW)
    lost(customers=Customer.objects.all(), customer=Customer.objects.get(pk=keys[0]))

    assert {event.customers.count() for event in Event.objects.exclude(key="access/adatum")} == {1}
    assert Event.objects.get(key="access/adatum").customers.count() == len(keys)


def test_what_was_over_long_ago_is_forgotten_and_what_lasts_is_kept(db):
    lost()
    close_event("access/adatum", now=NOW)
    lost()
    for year, key in ((0, "message/MC1"), (2, "message/MC2")):
        now = NOW + timedelta(days=365 * year)
        raise_event(EventKind.MESSAGE_POSTED, key=key, severity=Severity.INFO, facts=FACTS, now=now)

    assert forget_old_events(now=NOW + timedelta(days=720)) == 2
    assert list(Event.objects.order_by("id").values_list("key", flat=True)) == ["access/adatum", "message/MC2"]


def test_lost_access_to_a_customer_who_is_gone_is_over(db, customers):
    gone, ours = customers[:2]
    for customer in (gone, ours):
        key = f"access/{customer.pk}"
        raise_event(EventKind.ACCESS_LOST, key=key, severity=Severity.WARNING, facts=FACTS, now=NOW, customer=customer)
    Customer.objects.filter(pk=gone.pk).update(gone_at=NOW)

    assert close_of_gone(now=NOW) == 1
    assert Event.objects.get(closed_at__isnull=True).key == f"access/{ours.pk}"
