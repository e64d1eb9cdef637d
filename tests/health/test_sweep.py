"""Feeds that are due are taken once and handed out in batches."""

import os
from datetime import timedelta

from django.utils import timezone

from customers.models import Connection, Customer, Feed, Heartbeat
from health.sweep import LEASE, claim_in_batches, claim_now, in_batches, sweep_due_feeds
from health.tasks import poll, sweep
from tests.health.conftest import MakeFeeds, let_pass

HOUR = timedelta(hours=1)


def test_every_due_feed_is_in_exactly_one_message_of_at_least_twenty_five(make_feeds: MakeFeeds):
    feeds = make_feeds(1203)
    let_pass(HOUR)
    messages: list[list[tuple[int, int]]] = []
    assert sweep_due_feeds(messages.append) == 1203
    assert sorted(pk for message in messages for pk, _ in message) == [feed.pk for feed in feeds]
    assert min(map(len, messages)) >= 25
    assert max(map(len, messages)) <= 50


def test_what_is_taken_is_not_taken_again_before_its_lease_is_over(make_feeds: MakeFeeds):
    make_feeds(3)
    let_pass(HOUR)
    first: list[list[tuple[int, int]]] = []
    sweep_due_feeds(first.append)
    assert sweep_due_feeds(first.append) == 0
    let_pass(LEASE)
    again: list[list[tuple[int, int]]] = []
    assert sweep_due_feeds(again.append) == 3
    assert [(pk, epoch + 1) for pk, epoch in sorted(first[0])] == sorted(again[0])


def test_a_sweep_stops_at_its_cap(make_feeds: MakeFeeds):
    make_feeds(600)
    let_pass(HOUR)
    assert sweep_due_feeds(len, at_most=500) == 500


def test_paused_connections_and_gone_customers_are_left_alone(make_feeds: MakeFeeds):
    gone, kept = make_feeds(2)
    Customer.objects.filter(pk=gone.customer_id).update(gone_at=timezone.now())
    let_pass(HOUR)
    taken: list[list[tuple[int, int]]] = []
    sweep_due_feeds(taken.append)
    assert [[pk for pk, _ in batch] for batch in taken] == [[kept.pk]]
    Connection.objects.update(is_paused=True)
    let_pass(LEASE)
    assert sweep_due_feeds(taken.append) == 0
    assert claim_now(Feed.objects.all()) == []


def test_a_manual_round_takes_everybody_but_whom_microsoft_asked_us_to_leave_alone(make_feeds: MakeFeeds):
    throttled, other = make_feeds(2)
    Feed.objects.filter(pk=throttled.pk).update(problem=Feed.Problem.THROTTLED)
    assert claim_now(Feed.objects.all()) == [(other.pk, 1)]
    let_pass(HOUR)
    assert {pk for pk, _ in claim_now(Feed.objects.all())} == {throttled.pk, other.pk}


def test_a_manual_round_takes_a_batch_only_when_the_one_before_it_is_read(make_feeds: MakeFeeds, settings):
    settings.POLL_BATCH_SIZE = 2
    feeds = make_feeds(4)
    batches = claim_in_batches(Feed.objects.all())
    assert next(batches) == [(feeds[0].pk, 1), (feeds[1].pk, 1)]
    assert Feed.objects.filter(epoch=0).count() == 2
    claim_now(Feed.objects.filter(pk=feeds[2].pk))
    assert list(batches) == [[(feeds[2].pk, 2), (feeds[3].pk, 1)]]


def test_a_last_batch_is_not_left_with_a_handful():
    assert [len(batch) for batch in in_batches([(n, 0) for n in range(51)])] == [26, 25]
    assert list(in_batches([])) == []


def test_a_sweep_shows_that_it_was_alive(db):
    sweep.apply().get()
    beat = Heartbeat.objects.get(name="sweep")
    assert timezone.now() - beat.at < timedelta(minutes=1)
    assert beat.detail == {"taken": 0}


def test_a_worker_that_is_busy_reading_shows_that_it_is_alive(db):
    Heartbeat.objects.note("worker", now=timezone.now() - HOUR)
    poll.apply(([],)).get()
    beat = Heartbeat.objects.get(name="worker")
    assert timezone.now() - beat.at < timedelta(minutes=1)
    assert beat.detail["pid"] == os.getpid()


def test_the_tasks_have_the_names_that_the_schedule_calls():
    assert (sweep.name, poll.name) == ("health.sweep", "health.poll")
