"""The sign of life of the workers, and what is cleared away now and then."""

from celery import shared_task
from django.utils import timezone

from csp_portal.accounts.kept_answers import forget_old_answers
from csp_portal.accounts.models import Session
from csp_portal.accounts.throttle import forget_old_tries
from csp_portal.limits.rates import forget_old_counts
from csp_portal.notices.forget import close_of_gone, forget_old_events
from customers.models import Heartbeat


@shared_task(name="system.beat")
def beat() -> None:
    """Beat sends it, a worker runs it: so it tells of both, and of the broker between them."""
    Heartbeat.objects.note_worker(now=timezone.now())


@shared_task(name="system.forget")
def forget() -> None:
    """Ended sessions, tries and requests that no longer count, answers that no program asks for again, old alerts."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    forget_old_tries(now=now)
    forget_old_counts()
    forget_old_answers(now=now)
    close_of_gone(now=now)
    forget_old_events(now=now)
