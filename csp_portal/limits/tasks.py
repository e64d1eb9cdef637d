"""What Celery does for limits."""

from celery import shared_task

from csp_portal.limits.rates import forget_old_counts


@shared_task(name="limits.forget")
def forget() -> None:
    forget_old_counts()
