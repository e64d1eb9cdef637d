"""Alerts of access that ends: each mark once, whoever looks and however often."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.utils import timezone

from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Event
from customers.gdap.end_alerts import MARKS, note_access_ends
from customers.models import GLOBAL_ADMINISTRATOR, AccessEndMark, Relationship
from tests.gdap.making import READER, SUPPORT, make_relationship

END = datetime(2027, 6, 1, 12, tzinfo=UTC)
Status = Relationship.Status


def days_before(days):
    return END - timedelta(days=days)


def make(customer, **facts):
    return make_relationship(customer, **{"ends_at": END, **facts})


def marks_told():
    return sorted(Event.objects.values_list("facts__days_left", flat=True), reverse=True)


@pytest.fixture
def relationship(customers):
    return make(customers[0])


def test_each_mark_is_told_once_however_often_a_worker_looks(relationship):
    raised = [days for days in range(95, -5, -1) for _ in range(2) if note_access_ends(now=days_before(days))]

    assert raised == marks_told() == sorted(MARKS, reverse=True)
    (last,) = Event.objects.active()
    assert (last.kind, last.severity, last.facts["days_left"]) == (EventKind.ACCESS_ENDS, Severity.CRITICAL, 0)
    assert list(last.customers.all()) == [relationship.customer]


def test_a_portal_that_was_off_tells_the_most_urgent_mark_only(relationship):
    note_access_ends(now=days_before(20))
    note_access_ends(now=days_before(3))

    assert marks_told() == [30, 7]


def test_an_extension_closes_the_alert_and_begins_anew(relationship):
    note_access_ends(now=days_before(10))
    Relationship.objects.update(ends_at=END + timedelta(days=180))
    note_access_ends(now=days_before(9))
    assert not Event.objects.active().exists()

    note_access_ends(now=days_before(10) + timedelta(days=180))
    assert marks_told() == [14, 14]
    assert Event.objects.active().count() == 1


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"auto_extend_duration": "P180D"}, id="extends by itself"),
        pytest.param({"status": Status.TERMINATING}, id="given back"),
        pytest.param({"gone_at": days_before(50)}, id="no longer reported"),
    ],
)
def test_nobody_is_told_of_what_does_not_end_by_itself(relationship, facts):
    note_access_ends(now=days_before(20))
    assert Event.objects.active().count() == 1
    Relationship.objects.update(**facts)
    note_access_ends(now=days_before(5))

    assert not Event.objects.active().exists()
    assert marks_told() == [30]


def test_global_administrator_bars_the_extension_and_so_the_end_is_told(customers):
    make(customers[0], auto_extend_duration="P180D", role_ids=[SUPPORT, GLOBAL_ADMINISTRATOR])
    note_access_ends(now=days_before(20))

    assert marks_told() == [30]


def test_an_extension_that_did_not_come_is_told(customers):
    relationship = make(customers[0], auto_extend_duration="P180D", last_seen_at=days_before(0))
    note_access_ends(now=END + timedelta(minutes=30))
    assert marks_told() == []

    Relationship.objects.filter(pk=relationship.pk).update(last_seen_at=END + timedelta(hours=2))
    note_access_ends(now=END + timedelta(hours=2))
    assert marks_told() == [0]


def test_a_later_relationship_takes_the_place_only_with_all_its_roles(customers):
    make(customers[0], role_ids=[SUPPORT, READER])
    later = make(customers[0], role_ids=[READER], ends_at=END + timedelta(days=400))
    make(customers[1], role_ids=[SUPPORT, READER], ends_at=END + timedelta(days=400))
    note_access_ends(now=days_before(20))
    assert marks_told() == [30]

    Relationship.objects.filter(pk=later.pk).update(role_ids=[SUPPORT, READER])
    note_access_ends(now=days_before(20))
    assert not Event.objects.active().exists()


def test_an_invitation_lapses_after_ninety_days_and_an_answer_closes_its_alert(customers):
    make(customers[0], status=Status.APPROVAL_PENDING, ends_at=None, locked_at=END - timedelta(days=90))
    note_access_ends(now=days_before(6))
    (event,) = Event.objects.active()
    assert (event.kind, event.facts["days_left"]) == (EventKind.INVITATION_LAPSES, 7)

    Relationship.objects.update(status=Status.ACTIVE, ends_at=END + timedelta(days=700))
    note_access_ends(now=days_before(6))
    assert not Event.objects.active().exists()


def test_the_invitation_shows_its_reminders_and_which_of_them_came(as_viewer, customers):
    now = timezone.now()
    row = make(customers[0], status=Status.APPROVAL_PENDING, ends_at=None, locked_at=now - timedelta(days=77))
    note_access_ends(now=now - timedelta(days=77) + timedelta(seconds=1))
    assert not Event.objects.exists()
    for _ in range(2):
        note_access_ends(now=now)

    page = as_viewer.get(f"/delegated-access/relationships/{row.pk}/invitation/")

    shown = [(one.days, one.noted_at is not None, one.is_past) for one in page.context["reminders"]]
    waiting = [(days, False, False) for days in (7, 1, 0)]
    assert shown == [(60, False, True), (30, False, True), (14, True, True), *waiting]
    assert page.content.decode().count("to come") == 3
    assert page.content.decode().count("left out, a later one came instead") == 2


def test_access_that_ended_long_ago_is_no_alert(customers):
    make(customers[0], status=Status.EXPIRED)
    note_access_ends(now=END + timedelta(days=31))

    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_tell_each_mark_once(customers):
    for customer in customers:
        make(customer)
    raised, start = [], threading.Barrier(4)

    def work():
        for days in sorted(MARKS, reverse=True):
            start.wait(timeout=60)
            raised.append(note_access_ends(now=days_before(days)))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(raised) == len(customers) * len(MARKS) == AccessEndMark.objects.count()
    told = Counter(Event.objects.values_list("key", "count"))
    assert set(told.values()) == {1}
    assert {count for _key, count in told} == {1}
