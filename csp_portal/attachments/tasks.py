"""What Celery does for attachments."""

from celery import shared_task
from django.utils import timezone

from csp_portal.attachments.sweep import claim_due, clear_away, scan_claimed

PER_SWEEP = 4  # each may take a minute; what remains is due five seconds later


@shared_task(name="attachments.scan")
def scan() -> None:
    for claim in claim_due(most=PER_SWEEP):
        scan_claimed(claim, now=timezone.now())


@shared_task(name="attachments.clear_away")
def clear() -> None:
    clear_away(now=timezone.now())
