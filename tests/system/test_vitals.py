"""Whether the portal says when it does not do its work."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from csp_portal.accounts.models import Session
from csp_portal.system.tasks import beat, forget
from csp_portal.system.vitals import QUEUES, read_vitals, redis_client
from customers.models import Feed, Heartbeat


def banner(client):
    return " ".join(client.get(reverse("system:banner")).content.decode().split())


def note(*, worker=timedelta(0), sweep=timedelta(0)):
    now = timezone.now()
    Heartbeat.objects.note("worker", now=now - worker, host="here")
    Heartbeat.objects.note("sweep", now=now - sweep)


@pytest.fixture
def no_redis(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"


def test_all_is_well_and_the_banner_is_empty(as_viewer):
    note()

    assert banner(as_viewer) == ""


def test_a_task_of_the_worker_is_its_sign_of_life(db):
    beat()

    vitals = read_vitals(now=timezone.now())
    assert vitals.worker.is_alive
    assert vitals.worker.detail["pid"]


def test_a_silent_worker_is_told_to_everybody(as_viewer, as_nobody):
    note(worker=timedelta(seconds=50))

    assert "no worker is running" in banner(as_viewer)
    assert "no worker is running" in banner(as_nobody)


def test_a_worker_that_was_never_seen_is_told(as_viewer):
    assert "no worker has run so far" in banner(as_viewer)


def test_a_sweep_that_stopped_is_told_while_the_worker_lives(as_viewer):
    note(sweep=timedelta(seconds=70))

    assert "nobody looks for customers that are due" in banner(as_viewer)


def test_redis_that_is_gone_is_told_and_breaks_no_page(as_owner, as_viewer, no_redis):
    note()

    assert "Redis can&#x27;t be reached" in banner(as_viewer)
    page = as_owner.get(reverse("system:overview"))
    assert page.status_code == 200
    assert "Redis can&#x27;t be reached" in page.content.decode()


def test_only_owners_are_led_to_the_system_page(as_owner, as_viewer):
    link = reverse("system:overview")

    assert link in banner(as_owner)
    assert link not in banner(as_viewer)
    assert as_viewer.get(link).status_code == 403


def test_overdue_readings_are_counted_with_the_oldest(customers):
    now = timezone.now()
    Feed.objects.update(due_at=now + timedelta(hours=1))
    late = Feed.objects.filter(customer__in=customers[:3], kind=Feed.Kind.HEALTH)
    late.update(due_at=now - timedelta(minutes=5))
    Feed.objects.filter(pk=late.latest("pk").pk).update(due_at=now - timedelta(hours=2))

    overdue = read_vitals(now=now).overdue

    assert (overdue.count, overdue.oldest_at) == (3, now - timedelta(hours=2))


def test_readings_of_paused_connections_and_gone_customers_are_not_overdue(customers, connection):
    now = timezone.now()
    Feed.objects.update(due_at=now - timedelta(hours=1), paused_because=Feed.Problem.FORBIDDEN)
    connection.is_paused = True
    connection.save()

    vitals = read_vitals(now=now)

    assert (vitals.overdue.count, vitals.feeds, vitals.set_aside) == (0, 0, ())


def test_what_waits_for_a_person_is_counted_by_cause_and_linked(customers, as_owner):
    feeds = Feed.objects.filter(kind=Feed.Kind.HEALTH)
    feeds.filter(customer__in=customers[:4]).update(paused_because=Feed.Problem.CONSENT_MISSING)
    feeds.filter(customer=customers[5]).update(paused_because=Feed.Problem.FORBIDDEN)

    found = read_vitals(now=timezone.now()).set_aside
    page = as_owner.get(reverse("system:overview")).content.decode()

    assert [(one.cause, one.count) for one in found] == [("CONSENT_MISSING", 4), ("FORBIDDEN", 1)]
    assert "CONSENT_MISSING" in page


def test_messages_that_wait_are_counted_by_queue(db):
    with redis_client() as client:
        client.rpush("poll", "one", "two")
        try:
            waiting = read_vitals(now=timezone.now()).queues.waiting
        finally:
            client.delete(*QUEUES)

    assert waiting == {"poll": 2, "misc": 0}


def test_the_page_redraws_itself_as_a_fragment(as_owner):
    whole = as_owner.get(reverse("system:overview")).content.decode()
    part = as_owner.get(reverse("system:overview"), headers={"HX-Request": "true"}).content.decode()

    assert "<html" in whole
    assert "<html" not in part
    assert f'hx-get="{reverse("system:overview")}"' in part


def test_the_page_costs_the_same_whatever_the_number_of_customers(as_owner, customers, django_assert_max_num_queries):
    with django_assert_max_num_queries(13):
        as_owner.get(reverse("system:overview"))


def test_the_hourly_task_forgets_only_sessions_that_have_ended(db):
    ends = {"over": timedelta(minutes=-1), "open": timedelta(hours=1)}
    for key, left in ends.items():
        Session.objects.create(session_key=key, session_data="", expire_date=timezone.now() + left)

    forget()

    assert [row.session_key for row in Session.objects.all()] == ["open"]
