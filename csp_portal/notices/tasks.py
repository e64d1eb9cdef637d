"""What Celery does for notices."""

from celery import shared_task
from django.utils import timezone

from csp_portal.notices.sending import send_due


@shared_task(name="notices.send")
def send() -> None:
    send_due(now=timezone.now())
