"""Tells our people of messages that ask for something: once per message and cloud, however many customers see it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse

from csp_portal.microsoft.message_center import ServiceMessage
from csp_portal.notices.events import Raised, raise_events
from csp_portal.notices.kinds import EventKind, Severity
from health.models import Message

# The first reading of a customer brings months of messages: what is older than this is no news.
NEWS_FOR = timedelta(days=7)
_SEVERE = ("high", "critical")


def asks_for_something(*, now: datetime) -> Q:
    """Major changes, what is planned, and what asks for action by a day that is still to come."""
    return Q(is_major=True) | Q(category=Message.Category.PLAN) | Q(act_by__gte=now)


def tell(posted: Mapping[int, tuple[str, ServiceMessage]], *, now: datetime) -> None:
    """Raise an event of each of these messages, which nobody had before: primary key → cloud and message."""
    raise_events(
        [
            _raised(pk, cloud=cloud, one=one, now=now)
            for pk, (cloud, one) in posted.items()
            if _is_news(one, now=now) and _asks(one, now=now)
        ],
        now=now,
    )


def _is_news(one: ServiceMessage, *, now: datetime) -> bool:
    at = one.modified_at or one.starts_at
    return at is not None and at >= now - NEWS_FOR


def _asks(one: ServiceMessage, *, now: datetime) -> bool:
    is_planned = one.category.lower() == Message.Category.PLAN
    return one.is_major or is_planned or (one.act_by is not None and one.act_by >= now)


def _raised(pk: int, *, cloud: str, one: ServiceMessage, now: datetime) -> Raised:
    """`message` among its facts is what decides whose customers it is about (health.alerts.scope)."""
    is_pressing = one.severity.lower() in _SEVERE or (one.act_by is not None and one.act_by >= now)
    return Raised(
        kind=EventKind.MESSAGE_POSTED,
        key=f"message/{cloud}/{one.id[:50]}",
        severity=Severity.WARNING if is_pressing else Severity.INFO,
        facts={
            "title": f"{one.id[:50]} {one.title}",
            "service": ", ".join(one.services),
            "act_by": one.act_by.isoformat() if one.act_by else "",
            "path": reverse("health:message_page", args=[pk]),
            "message": pk,
        },
        cloud=cloud,
        service=one.services[0][:200] if one.services else "",
    )
