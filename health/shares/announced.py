"""Messages of the message center in what a signed link shows: only what its customers see, and what is still ahead."""

from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from customers.access import of_visible_customers
from health.messages.news import asks_for_something
from health.models import Message, MessageSighting
from health.shares.opening import Opened
from health.shares.plain import RECENT, plain

MESSAGES_MOST = 100


def messages_of(opened: Opened) -> QuerySet[Any]:
    """Those that ask for something, changed lately or with a day to act by that is to come; the newest first."""
    ours = opened.customers.order_by().values("pk")
    seen = of_visible_customers(MessageSighting.objects.filter(message=OuterRef("pk")), user=opened.maker)
    found = Message.objects.filter(Exists(seen.filter(customer__in=ours, dropped_at=None)))
    found = found.filter(asks_for_something(now=opened.now))
    is_current = Q(modified_at__gte=opened.now - RECENT) | Q(act_by__gte=opened.now)
    return found.filter(is_current).order_by("-modified_at", "id")[:MESSAGES_MOST]


def uid_of_message(message: Message) -> str:
    return f"urn:csp-portal:{message.cloud}:{message.microsoft_id}"


def address_of_message(message: Message) -> str:
    return urljoin(settings.PORTAL_URL, reverse("health:message_page", args=[message.pk]))


def title_of_message(message: Message) -> str:
    return plain(f"{message.microsoft_id} · {', '.join(message.services)}: {message.title}")
