"""Stores messages once per cloud, and which customers see them; what Microsoft drops stays, with the moment."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from csp_portal.microsoft.message_center import ServiceMessage
from customers.models import Customer
from health.messages.news import tell
from health.models import Message, MessageSighting
from health.sanitize import sanitize_post

_WRITTEN = [
    *("title", "category", "severity", "services", "tags", "is_major", "act_by", "starts_at", "ends_at"),
    *("modified_at", "html"),
]
Key = tuple[str, str]  # cloud and Microsoft's id


def store_messages(told: Mapping[Customer, Iterable[ServiceMessage]], *, now: datetime) -> None:
    """`told` holds all that each customer sees now; an unchanged batch writes nothing."""
    found: dict[Key, ServiceMessage] = {}
    for customer, messages in told.items():
        for one in messages:
            key = (customer.cloud, one.id[:50])
            if key not in found or _modified(one, now=now) > _modified(found[key], now=now):
                found[key] = one
    if not told:
        return
    posted = _upsert(found, now=now)
    ids = {(row.cloud, row.microsoft_id): row.pk for row in _rows(found)}
    tell({ids[key]: (key[0], found[key]) for key in posted}, now=now)
    _note_sightings(
        {customer.pk: {ids[customer.cloud, one.id[:50]] for one in messages} for customer, messages in told.items()},
        now=now,
    )


def _rows(found: Mapping[Key, ServiceMessage]) -> Iterable[Message]:
    clouds, ids = {cloud for cloud, _id in found}, {microsoft_id for _cloud, microsoft_id in found}
    rows = Message.objects.filter(cloud__in=clouds, microsoft_id__in=ids)
    return rows.only("cloud", "microsoft_id", "modified_at")


def _upsert(found: Mapping[Key, ServiceMessage], *, now: datetime) -> list[Key]:
    """Returns which nobody had before."""
    known = {(row.cloud, row.microsoft_id): row.modified_at for row in _rows(found)}
    news = {key: one for key, one in found.items() if key not in known or known[key] < _modified(one, now=now)}
    if not news:
        return []
    Message.objects.bulk_create(
        (_row(key, one=news[key], now=now) for key in sorted(news)),
        update_conflicts=True,
        unique_fields=["cloud", "microsoft_id"],
        update_fields=_WRITTEN,
    )
    return [key for key in news if key not in known]


def _modified(one: ServiceMessage, *, now: datetime) -> datetime:
    return one.modified_at or one.starts_at or datetime.min.replace(tzinfo=now.tzinfo)


def _row(key: Key, *, one: ServiceMessage, now: datetime) -> Message:
    return Message(
        cloud=key[0],
        microsoft_id=key[1],
        title=one.title,
        category=one.category.lower()[:40],
        severity=one.severity.lower()[:40],
        services=[name[:200] for name in one.services],
        tags=[tag[:200] for tag in one.tags],
        is_major=one.is_major,
        act_by=one.act_by,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        modified_at=_modified(one, now=now),
        first_seen_at=now,
        html=sanitize_post(one.content, is_html=one.content_type.lower() == "html"),
    )


def _note_sightings(seen: Mapping[int, set[int]], *, now: datetime) -> None:
    rows = MessageSighting.objects.filter(customer__in=seen)
    known = {(row.customer_id, row.message_id): row for row in rows}
    new = [(customer, message) for customer, messages in seen.items() for message in messages]
    MessageSighting.objects.bulk_create(
        (
            MessageSighting(customer_id=customer, message_id=message, first_seen_at=now)
            for customer, message in sorted(set(new) - set(known))
        ),
        ignore_conflicts=True,
    )
    gone = [
        row.pk for (customer, message), row in known.items() if message not in seen[customer] and not row.dropped_at
    ]
    back = [row.pk for (customer, message), row in known.items() if message in seen[customer] and row.dropped_at]
    if gone:
        MessageSighting.objects.filter(pk__in=gone).update(dropped_at=now)
    if back:
        MessageSighting.objects.filter(pk__in=back).update(dropped_at=None)
