"""What is kept of alerts, and for how long."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from csp_portal.notices.events import close_events
from csp_portal.notices.kinds import EventKind
from csp_portal.notices.models import Delivery, Event

KEPT_FOR = timedelta(days=400)


def forget_old_events(*, now: datetime) -> int:
    """Drop what was over long ago, with its deliveries, and old tests; how many events there were."""
    before = now - KEPT_FOR
    Delivery.objects.filter(event__isnull=True, made_at__lt=before).delete()
    old = Q(closed_at__lt=before) | Q(is_news=True, last_seen_at__lt=before)
    events = Event.objects.filter(old)
    count = events.count()
    events.delete()
    return count


def close_of_gone(*, now: datetime) -> int:
    """Close lost access to customers that Microsoft no longer lists as ours: nobody will get it back."""
    current = Event.customers.through.objects.filter(event=OuterRef("pk"), customer__gone_at__isnull=True)
    lost = Event.objects.active().filter(~Exists(current), kind=EventKind.ACCESS_LOST)
    return close_events(list(lost.values_list("key", flat=True)), now=now)
