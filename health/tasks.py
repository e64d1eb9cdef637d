"""Celery's hands for reading health: `health.sweep` finds what is due, `health.poll` reads one batch."""

from celery import shared_task
from django.utils import timezone

from customers.models import Feed, Heartbeat
from health.alerts.deal import deal
from health.downtime.reckon import reckon_due
from health.messages.reading import read_messages_of
from health.notice_runs.sending import send_due_notices
from health.poll import Claim, poll_feeds
from health.reviews.fetch import add_missing_reviews, claim_reviews, fetch_review
from health.suspicions import merge_confirmed
from health.sweep import LEASE, in_batches, sweep_due_feeds

MESSAGES_PER_SWEEP = 500


@shared_task(name="health.sweep")
def sweep() -> None:
    """Hand out the feeds that are due."""
    taken = sweep_due_feeds(_publish)
    Heartbeat.objects.note("sweep", now=timezone.now(), taken=taken)


@shared_task(name="health.poll")
def poll(claims: list[list[int]]) -> None:
    """Read one batch; `claims` are pairs of feed id and epoch.

    It is a sign of life too: under load the one that beat sends (`system.beat`) waits in its queue behind batches.
    """
    poll_feeds([(feed_id, epoch) for feed_id, epoch in claims], now=timezone.now())
    Heartbeat.objects.note_worker(now=timezone.now())


@shared_task(name="health.merge_suspicions")
def merge_suspicions() -> None:
    """Find Microsoft's issues behind what we suspected."""
    merge_confirmed(now=timezone.now())


@shared_task(name="health.deal_alerts")
def deal_alerts() -> None:
    """Ask the rules who has to be told of what happened."""
    deal(now=timezone.now())


@shared_task(name="health.reckon_downtime")
def reckon_downtime() -> None:
    """Reckon the months whose downtime is due."""
    reckon_due(now=timezone.now())


@shared_task(name="health.send_notices")
def send_notices() -> None:
    """Send the notices to customers that are due."""
    send_due_notices(now=timezone.now())


@shared_task(name="health.sweep_messages")
def sweep_messages() -> None:
    """Hand out the customers whose message center is due."""
    claims = Feed.objects.claim_due(Feed.Kind.MESSAGES, limit=MESSAGES_PER_SWEEP, lease=LEASE)
    for batch in in_batches(claims):
        read_messages.apply_async((batch,), expires=LEASE.total_seconds())


@shared_task(name="health.read_messages")
def read_messages(claims: list[list[int]]) -> None:
    """Read the message centers of one batch of customers."""
    read_messages_of([(feed_id, epoch) for feed_id, epoch in claims], now=timezone.now())


def _publish(claims: list[Claim]) -> None:
    """A message outlives no lease: by then its feeds are due again and in another message."""
    poll.apply_async((claims,), expires=LEASE.total_seconds())


@shared_task(name="health.sweep_reviews")
def sweep_reviews() -> None:
    """Hand out the post-incident reviews that are due to be fetched."""
    add_missing_reviews()
    for pk, epoch in claim_reviews():
        read_review.delay(pk, epoch)


@shared_task(name="health.read_review")
def read_review(pk: int, epoch: int) -> None:
    fetch_review(pk, epoch, now=timezone.now())
