"""What the portal knows after a week, as plain values: tenants by number, moments as minutes of the stream."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from csp_portal.microsoft.sandbox.world import World
from csp_portal.notices.models import Event
from customers.models import Customer, Feed, State
from health.downtime.reckon import reckon_due, start_of
from health.history import read_history
from health.models import Downtime, Exposure, Gap, Issue, Post, ServiceState, StateChange

Minute = Callable[[datetime | None], int | None]


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    issues: dict[str, tuple[Any, ...]]
    posts: dict[tuple[str, str], Any]
    exposures: dict[tuple[str, int], tuple[Any, ...]]
    states: dict[tuple[int, str], tuple[Any, ...]]
    changes: dict[int, list[tuple[Any, ...]]]
    gaps: dict[int, list[tuple[Any, ...]]]
    customers: dict[int, tuple[Any, ...]]
    minutes: dict[tuple[int, str, int], tuple[float, ...]]
    downtimes: dict[tuple[int, str, int], tuple[float, ...]]
    alerts: list[tuple[Any, ...]]


def what_is_known(world: World, *, cloud: str, began: datetime, now: datetime) -> Knowledge:
    """Everything of one cloud, from the database; an open exposure was last seen when its customer was last read."""

    def minute(at: datetime | None) -> int | None:
        return None if at is None else int((at - began).total_seconds() // 60)

    customers = Customer.objects.filter(cloud=cloud)
    numbers = {pk: world.tenant(str(tenant_id)).index for pk, tenant_id in customers.values_list("pk", "tenant_id")}
    read_at = dict(Feed.objects.filter(kind=Feed.Kind.HEALTH).values_list("customer", "read_at"))
    return Knowledge(
        issues=_issues(minute, cloud=cloud),
        posts={
            (issue_id, html): minute(at)
            for issue_id, html, at in Post.objects.filter(issue__cloud=cloud).values_list(
                "issue__microsoft_id", "html", "first_seen_at"
            )
        },
        exposures={
            (row.issue.microsoft_id, numbers[row.customer_id]): (
                minute(row.first_seen_at),
                minute(row.last_seen_at if row.cleared_at else read_at[row.customer_id]),
                minute(row.cleared_at),
            )
            for row in Exposure.objects.filter(customer__cloud=cloud).select_related("issue")
        },
        states={
            (numbers[row.customer_id], row.service.name): (
                State(row.state).name,
                row.status_raw,
                minute(row.since),
                row.unknown_because,
            )
            for row in ServiceState.objects.filter(customer__cloud=cloud).select_related("service")
        },
        changes=_changes(numbers, minute),
        gaps=_gaps(numbers, minute),
        customers={
            numbers[row.pk]: (State(row.health).name, row.unknown_because, row.open_incidents, row.open_advisories)
            for row in customers
        },
        minutes=_minutes(numbers, read_at, now=now),
        downtimes=_downtimes(numbers, began=began, now=now),
        alerts=_alerts(numbers, minute, cloud=cloud),
    )


def _alerts(numbers: Mapping[int, int], minute: Minute, *, cloud: str) -> list[tuple[Any, ...]]:
    """Kind, what it is about, severity, count, first and last seen, and closed; sorted by their words."""
    rows = Event.objects.filter(cloud=cloud).select_related("issue").prefetch_related("customers")
    found = []
    for row in rows:
        customers = [numbers[customer.pk] for customer in row.customers.all()]
        of_connection = "circuit" if row.key.endswith("/circuit") else ""
        about = row.issue.microsoft_id if row.issue else customers[0] if customers else of_connection
        moments = (minute(row.first_seen_at), minute(row.last_seen_at), minute(row.closed_at))
        found.append((row.kind, about, row.severity, row.count, *moments))
    return sorted(found, key=str)


def _issues(minute: Minute, *, cloud: str) -> dict[str, tuple[Any, ...]]:
    return {
        row.microsoft_id: (
            row.service_name,
            row.classification_raw,
            row.status_raw,
            row.is_resolved,
            minute(row.last_modified_at),
            minute(row.ended_at),
            minute(row.first_seen_at),
            minute(row.changed_at),
            row.exposed_customers,
        )
        for row in Issue.objects.filter(cloud=cloud)
    }


def _changes(numbers: Mapping[int, int], minute: Minute) -> dict[int, list[tuple[Any, ...]]]:
    found: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in StateChange.objects.filter(customer__in=numbers).select_related("service"):
        before = "" if row.before is None else State(row.before).name
        found[numbers[row.customer_id]].append(
            (minute(row.at), row.service.name, before, State(row.after).name, row.because)
        )
    return {number: sorted(rows) for number, rows in found.items()}


def _gaps(numbers: Mapping[int, int], minute: Minute) -> dict[int, list[tuple[Any, ...]]]:
    found: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in Gap.objects.filter(customer__in=numbers).order_by("began_at"):
        found[numbers[row.customer_id]].append((minute(row.began_at), minute(row.ended_at)))
    return dict(found)


def _minutes(
    numbers: Mapping[int, int], read_at: Mapping[int, datetime | None], *, now: datetime
) -> dict[tuple[int, str, int], tuple[float, ...]]:
    """Minutes of incident, degraded, unknown and healthy of every service at every customer in every month."""
    found: defaultdict[tuple[int, str, int], tuple[float, ...]] = defaultdict(lambda: (0.0,) * 4)
    with timezone.override(UTC):
        for customer in Customer.objects.filter(pk__in=numbers):
            for one in read_history(customer, days=8, read_at=read_at[customer.pk], now=now):
                for day in one.days:
                    key = (numbers[customer.pk], one.service.name, day.began.month)
                    lengths = (day.sum.incident, day.sum.degraded, day.sum.unknown, day.sum.healthy)
                    minutes = (length.total_seconds() / 60 for length in lengths)
                    found[key] = tuple(sum(pair) for pair in zip(found[key], minutes, strict=True))
    return dict(found)


def _downtimes(
    numbers: Mapping[int, int], *, began: datetime, now: datetime
) -> dict[tuple[int, str, int], tuple[float, ...]]:
    """The same minutes as the report has them, which keeps the months with an incident or a degradation."""
    reckon_due(now=now)
    found = {}
    for row in Downtime.objects.filter(customer__in=numbers).select_related("service"):
        before = max(timedelta(), began - start_of(row.month)).total_seconds()  # of the month, when nothing was read
        seconds = (row.incident_seconds, row.degraded_seconds, row.unknown_seconds - before, row.healthy_seconds)
        key = (numbers[row.customer_id], row.service.name, row.month.month)
        found[key] = tuple(second / 60 for second in seconds)
    return found
