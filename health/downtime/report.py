"""The report of downtime: what a person asks of it, its rows, and the issues behind their minutes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import floor
from typing import Any

from django.db.models import F, FloatField, Q, QuerySet
from django.db.models.functions import Cast

from csp_portal.accounts.models import User
from customers.access import of_visible_customers
from customers.group_filter import GroupFilter
from health.downtime.reckon import next_month
from health.models import Downtime, Exposure, Issue

ORDER = ("-incident_seconds", "id")
SLA = 99.9  # percent; Microsoft's for most services of Microsoft 365


@dataclass(frozen=True, kw_only=True, slots=True)
class DowntimeFilter:
    month: date
    below: float
    only_candidates: bool
    words: str
    claim: str
    groups: GroupFilter

    @classmethod
    def from_query(cls, query: Any, *, user: User, now: datetime) -> "DowntimeFilter":
        claim = query.get("claim", "")
        return cls(
            month=_month(query.get("month", ""), now=now),
            below=_percent(query.get("below", "")),
            only_candidates=query.get("show") != "all",
            words=query.get("q", "").replace("\x00", "").strip()[:100],
            claim=claim if claim in Downtime.Claim.values else "",
            groups=GroupFilter.from_query(query, user=user),
        )


def visible_downtimes(user: User) -> QuerySet[Any]:
    """With `availability` in percent of the known time; it is never null, as a row has had an incident."""
    rows = of_visible_customers(Downtime.objects.all(), user=user)
    known = Cast(F("incident_seconds") + F("degraded_seconds") + F("healthy_seconds"), FloatField())
    found: QuerySet[Any] = rows.select_related("customer", "service").annotate(
        availability=100.0 * (1.0 - F("incident_seconds") / known)
    )
    return found


def downtimes_of(user: User, chosen: DowntimeFilter) -> QuerySet[Any]:
    rows = visible_downtimes(user).filter(month=chosen.month)
    if chosen.only_candidates:
        rows = rows.filter(availability__lt=chosen.below)
    if chosen.claim:
        rows = rows.filter(claim=chosen.claim)
    for word in chosen.words.split():
        rows = rows.filter(Q(customer__name__icontains=word) | Q(service__name__icontains=word))
    narrowed: QuerySet[Any] = chosen.groups.narrow_rows(rows, user=user)
    return narrowed


def issues_behind(rows: Iterable[Downtime], *, user: User, month: date) -> Mapping[tuple[int, str], list[Issue]]:
    """By customer and name of the service: the incidents that hit it within the month; one statement."""
    start, end = datetime(month.year, month.month, 1, tzinfo=UTC), next_month(month)
    exposures = of_visible_customers(Exposure.objects.all(), user=user).filter(
        Q(cleared_at__isnull=True) | Q(cleared_at__gt=start),
        customer__in={row.customer_id for row in rows},
        first_seen_at__lt=end,
        issue__classification=Issue.Classification.INCIDENT,
    )
    found: defaultdict[tuple[int, str], list[Issue]] = defaultdict(list)
    for exposure in exposures.select_related("issue").defer("issue__impact").order_by("first_seen_at", "id"):
        found[exposure.customer_id, exposure.issue.service_name].append(exposure.issue)
    return found


def shown_percent(availability: float) -> float:
    """Rounded down: 100 means not a moment of an incident."""
    return floor(availability * 1000) / 1000


def _month(text: str, *, now: datetime) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return now.astimezone(UTC).date().replace(day=1)


def _percent(text: str) -> float:
    try:
        percent = float(text.replace(",", "."))
    except ValueError:
        return SLA
    return percent if 0 < percent <= 100 else SLA
