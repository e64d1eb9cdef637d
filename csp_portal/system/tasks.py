"""The sign of life of the workers."""

import os
import platform

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from customers.models import Heartbeat


@shared_task(name="system.beat")
def beat() -> None:
    """Beat sends it, a worker runs it: so it tells of both, and of the broker between them."""
    Heartbeat.objects.note(
        "worker", now=timezone.now(), host=platform.node(), pid=os.getpid(), version=settings.VERSION
    )
