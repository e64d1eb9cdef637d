"""What Microsoft takes of us in a minute and an hour is counted over all processes, and nobody goes beyond it."""

import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
import redis
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from csp_portal.limits.asking import HOUR, MINUTE, Asker, AskingLog
from customers.due import due_of
from customers.models import Connection, Feed
from health.finish import finish_held
from health.messages.reading import read_messages_of
from health.reading import Held
from health.sweep import LEASE
from tests.health.conftest import health_feed, let_pass, read_due, read_everyone


@pytest.fixture
def kept(settings) -> Iterator[redis.Redis]:
    """The Redis of the tests, which has counted for longer than an hour."""
    client = redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)
    client.set("asked|since", time.time() - 2 * HOUR)
    yield client
    client.delete("asked|since")


@pytest.fixture
def log(settings) -> AskingLog:
    return AskingLog(settings.REDIS_URL)


def asker(*, per_minute: int = 0) -> Asker:
    return Asker(app=f"https://graph.example|{uuid.uuid4()}", connection=str(uuid.uuid4()), per_minute=per_minute)


def due_in(feed: Feed) -> float:
    return (feed.due_at - timezone.now()).total_seconds()


def test_two_hundred_and_forty_in_a_minute_and_then_when_the_first_of_them_is_a_minute_old(kept, settings, log):
    who, other = asker(), AskingLog(settings.REDIS_URL)  # another process
    waits = log.take(["t"] * 120, asker=who) + other.take(["t"] * 140, asker=who)

    assert waits[:240] == [0.0] * 240
    assert all(MINUTE - 30 < wait <= MINUTE for wait in waits[240:])
    assert log.take(["another"], asker=who) == [0.0]


def test_eight_hundred_in_an_hour(kept, log):
    who = asker()
    half_an_hour_ago = time.time() - 1800
    kept.rpush(f"asked|{who.app}|t", *[half_an_hour_ago] * 799)

    first, second = log.take(["t", "t"], asker=who)
    assert first == 0
    assert HOUR - 1900 < second <= HOUR - 1700


def test_a_redis_that_forgot_gives_a_quarter_until_it_has_seen_a_whole_window(kept, log):
    kept.delete("asked|since")
    assert log.take(["t"] * 100, asker=asker()).count(0.0) == 60


def test_a_redis_that_is_down_holds_up_nobody_and_is_not_asked_again_at_once():
    log = AskingLog("redis://127.0.0.1:1/0")
    began = time.monotonic()
    assert [log.take(["t"] * 50, asker=asker()) for _ in range(200)] == [[0.0] * 50] * 200
    assert time.monotonic() - began < 2


def test_no_tenant_is_asked_more_than_a_minute_takes_though_ten_people_press_read_again_and_pages_are_many(
    customers, sandbox, sandbox_world, kept, as_agent
):
    tenant = sandbox_world.tenant(0)
    read_everyone()
    tenant.page_size = 1
    Feed.objects.exclude(customer=customers[0]).delete()
    for _ in range(10):
        as_agent.post(f"/customers/{customers[0].tenant_id}/read-again/")
        read_due()
        claims = Feed.objects.claim_due(Feed.Kind.MESSAGES, limit=10, lease=LEASE)
        read_messages_of(claims, now=timezone.now())

    asked = [
        one for one in sandbox.requests if one.tenant_id == tenant.tenant_id and "/serviceAnnouncement/" in one.path
    ]
    assert 200 < len(asked) <= 240
    feed = health_feed(customers[0])
    assert (feed.due_because, feed.problem, feed.failures) == ("LIMIT", "", 0)
    assert 0 < due_in(feed) <= MINUTE
    due = due_of(feed, connection=customers[0].connection)
    assert due.words == "the limit of requests is reached; this is when there is room again"
    said = as_agent.post(f"/customers/{customers[0].tenant_id}/read-again/", follow=True).content.decode()
    assert "We have asked Microsoft enough for now." in said


def test_a_connections_limit_is_shared_and_who_waits_gets_a_turn_of_its_own(customers, sandbox, kept, connection):
    limit = 5
    Connection.objects.update(requests_per_minute=limit)
    Feed.objects.exclude(kind=Feed.Kind.HEALTH).delete()
    done = read_everyone()

    assert (done.changed, done.held, done.failed) == (limit, len(customers) - limit, {})
    waiting = Feed.objects.filter(due_because="LIMIT").order_by("due_at")
    turns = [due_in(feed) for feed in waiting]
    assert [round(after - before) for before, after in pairwise(turns)] == [MINUTE // limit] * 6
    assert MINUTE - 40 < turns[0] <= MINUTE
    assert Connection.objects.get().circuit_lost == []

    own = next(key for key in kept.scan_iter(f"asked|*|{connection.pk}"))
    for _ in range(2):  # a minute goes by
        kept.delete(own, f"{own}|promised")
        let_pass(timedelta(seconds=MINUTE + 12 * MINUTE / limit))
        Feed.objects.filter(read_at__isnull=False).update(due_at=timezone.now() + timedelta(hours=1))
        read_due()
    assert not Feed.objects.filter(read_at=None).exists()


def test_what_somebody_presses_again_and_again_keeps_its_one_place(customers, sandbox, kept, as_agent):
    Connection.objects.update(requests_per_minute=2)
    read_everyone()
    place = Feed.objects.filter(due_because="LIMIT").order_by("due_at")[0]
    for _ in range(5):
        as_agent.post(f"/customers/{place.customer.tenant_id}/read-again/")
        read_due()
    assert Feed.objects.get(pk=place.pk).due_at == place.due_at


def test_counting_costs_no_statement(customers, sandbox, kept):
    read_everyone()
    with CaptureQueriesContext(database) as calm:
        read_everyone()
    Connection.objects.update(requests_per_minute=1000)
    with CaptureQueriesContext(database) as limited:
        read_everyone()
    assert len(limited) == len(calm) <= 8


def test_who_was_held_is_not_written_by_whoever_slept_past_the_lease(feed):
    Feed.objects.update(epoch=99)
    assert finish_held([Held(feed=feed, seconds=30)]) == 0
