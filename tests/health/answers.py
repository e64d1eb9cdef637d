"""Answers of Microsoft as Graph writes them, made by hand where a test needs an exact one."""

from datetime import UTC, datetime
from typing import Any

from csp_portal.microsoft.graph import HealthAnswer
from customers.models import Feed
from health.normalize import normalize_health
from health.reading import Changed
from health.upsert import store_readings

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def post(content: str, *, at: str = "2026-11-22T10:30:00Z", content_type: str = "html") -> dict[str, Any]:
    return {
        "createdDateTime": at,
        "postType": "regular",
        "description": {"contentType": content_type, "content": content},
    }


def issue(microsoft_id: str = "EX1", *, service: str = "Exchange Online", **fields: Any) -> dict[str, Any]:
    return {
        "id": microsoft_id,
        "title": "Mail is slow",
        "service": service,
        "status": "serviceDegradation",
        "classification": "advisory",
        "origin": "microsoft",
        "feature": "Mail flow",
        "featureGroup": "E-mail",
        "impactDescription": "Mail arrives late.",
        "startDateTime": "2026-11-22T10:00:00Z",
        "endDateTime": None,
        "lastModifiedDateTime": "2026-11-22T11:00:00Z",
        "isResolved": False,
        "posts": [],
        **fields,
    }


def service(
    microsoft_id: str = "Exchange", name: str = "Exchange Online", *issues: dict[str, Any], status: str = ""
) -> dict[str, Any]:
    return {"id": microsoft_id, "service": name, "status": status or "serviceOperational", "issues": list(issues)}


def answer(*services: dict[str, Any]) -> HealthAnswer:
    return HealthAnswer(raw_services=services)


def changed(feed: Feed, *services: dict[str, Any]) -> Changed:
    told = answer(*services)
    return Changed(feed=feed, fingerprint=told.fingerprint(), facts=normalize_health(told.services()))


def tell(feed: Feed, *services: dict[str, Any], now: datetime = NOW) -> Feed:
    """Store an answer of this feed's customer; returns the feed as it is afterwards."""
    assert store_readings([changed(feed, *services)], now=now) == 1
    return Feed.objects.select_related("customer").get(pk=feed.pk)
