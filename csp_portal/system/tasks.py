"""The sign of life of the workers."""

from celery import shared_task
from django.utils import timezone

from customers.models import Heartbeat


@shared_task(name="system.beat")
def beat() -> None:
    """Beat sends it, a worker runs it: so it tells of both, and of the broker between them."""
    Heartbeat.objects.note_worker(now=timezone.now())
