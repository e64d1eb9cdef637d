"""Celery's hands for reading health: `health.sweep` finds what is due, `health.poll` reads one batch."""

from celery import shared_task
from django.utils import timezone

from customers.models import Heartbeat
from health.alerts.deal import deal
from health.downtime.reckon import reckon_lately
from health.notice_runs.sending import send_due_notices
from health.poll import Claim, poll_feeds
from health.suspicions import merge_confirmed
from health.sweep import LEASE, sweep_due_feeds


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
    """Bring this month's minutes of downtime up to now."""
    reckon_lately(now=timezone.now())


@shared_task(name="health.send_notices")
def send_notices() -> None:
    """Send the notices to customers that are due."""
    send_due_notices(now=timezone.now())


def _publish(claims: list[Claim]) -> None:
    """A message outlives no lease: by then its feeds are due again and in another message."""
    poll.apply_async((claims,), expires=LEASE.total_seconds())
