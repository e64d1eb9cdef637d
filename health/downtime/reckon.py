"""Reckons the downtime of a month for all customers in one statement, whenever the month's row is due."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min

from customers.models import Feed, State
from customers.queries import stale_after
from health.models import ReckonedMonth, StateChange

EVERY = timedelta(hours=1)
SETTLED_AFTER = timedelta(days=1)  # by then every reading that was under way at the month's end is stored

# Troubled are pairs with a transition into or out of trouble since the month began, and those in trouble now: whoever
# was in trouble in the month is among them. Of these pairs alone the spans are laid out.
_RECKON = """
WITH troubled AS (
    SELECT customer_id, service_id FROM health_statechange
    WHERE at >= %(start)s AND (before < %(unknown)s OR after < %(unknown)s)
    UNION SELECT customer_id, service_id FROM health_servicestate WHERE state < %(unknown)s
    UNION SELECT customer_id, service_id FROM health_downtime WHERE month = %(month)s
), gaps AS (
    SELECT customer_id, range_agg(tstzrange(began_at, ended_at)) AS times FROM (
        SELECT customer_id, began_at, ended_at FROM health_gap
        WHERE began_at < ended_at AND ended_at > %(start)s AND began_at < %(end)s
        UNION ALL
        SELECT customer_id, read_at + %(stale)s, %(end)s FROM customers_feed
        WHERE kind = %(kind)s AND read_at + %(stale)s < %(end)s
    ) AS gap GROUP BY customer_id
), steps AS (
    SELECT customer_id, service_id, after AS state, greatest(at, %(start)s) AS began,
        least(lead(at) OVER (PARTITION BY customer_id, service_id ORDER BY at, id), %(end)s) AS ended
    FROM health_statechange JOIN troubled USING (customer_id, service_id) WHERE at < %(end)s
), known AS (
    SELECT customer_id, service_id, state, extract(epoch FROM upper(part) - lower(part)) AS seconds
    FROM steps LEFT JOIN gaps USING (customer_id)
    CROSS JOIN LATERAL unnest(
        tstzmultirange(tstzrange(began, ended)) - coalesce(times, tstzmultirange())
    ) AS part
    WHERE began < ended AND state <> %(unknown)s
), sums AS (
    SELECT customer_id, service_id,
        coalesce(sum(seconds) FILTER (WHERE state = %(incident)s), 0) AS incident,
        coalesce(sum(seconds) FILTER (WHERE state = %(degraded)s), 0) AS degraded,
        coalesce(sum(seconds) FILTER (WHERE state = %(healthy)s), 0) AS healthy
    FROM troubled LEFT JOIN known USING (customer_id, service_id) GROUP BY customer_id, service_id
)
INSERT INTO health_downtime AS stored
    (customer_id, service_id, month, incident_seconds, degraded_seconds, healthy_seconds, unknown_seconds)
SELECT customer_id, service_id, %(month)s, floor(incident), floor(degraded), floor(healthy),
    floor(extract(epoch FROM %(end)s - %(start)s) - incident - degraded - healthy)
FROM sums
WHERE incident + degraded > 0 OR EXISTS (
    SELECT FROM health_downtime old
    WHERE (old.customer_id, old.service_id, old.month) = (sums.customer_id, sums.service_id, %(month)s)
)
ORDER BY customer_id, service_id
ON CONFLICT (customer_id, service_id, month) DO UPDATE SET
    incident_seconds = excluded.incident_seconds, degraded_seconds = excluded.degraded_seconds,
    healthy_seconds = excluded.healthy_seconds, unknown_seconds = excluded.unknown_seconds
WHERE (stored.incident_seconds, stored.degraded_seconds, stored.healthy_seconds, stored.unknown_seconds)
    IS DISTINCT FROM
    (excluded.incident_seconds, excluded.degraded_seconds, excluded.healthy_seconds, excluded.unknown_seconds)
"""


def month_of(at: datetime) -> date:
    return at.astimezone(UTC).date().replace(day=1)


def next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def start_of(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)


def reckon(month: date, *, now: datetime) -> None:
    """Store how long each service was down at each customer in a month; a second time changes nothing.

    The rules, of stored transitions and gaps alone:

    - A month is that of UTC: from its first moment up to, and without, the first of the next; a running one up to
      `now`. A state lasts from its transition up to, and without, the next one.
    - Down is INCIDENT: Microsoft's status of the service was an interruption, or an issue classed as incident was open.
      DEGRADED time (advisories, a slower or recovering service) is stored beside it and is not downtime.
    - Unknown is the time before the first transition, with the state UNKNOWN, in a written gap, and after a last
      reading that is too old, whatever the last state had been. It counts neither as up nor as down.
    - Availability is the known time that was not down, as a share of the known time.
    - Whole seconds, each kind rounded down; a pair without an incident or a degradation has no row.
    """
    values: dict[str, Any] = {
        "month": month,
        "start": start_of(month),
        "end": min(start_of(next_month(month)), now),
        "stale": stale_after(),
        "kind": Feed.Kind.HEALTH.value,
        **{state.name.lower(): state.value for state in State},
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECKON, values)


def reckon_due(*, now: datetime) -> int:
    """Reckon every month that is due, each in its own transaction; returns how many. Two workers share them."""
    _begin_months(now=now)
    count = 0
    while _reckon_next(now=now):
        count += 1
    return count


def _begin_months(*, now: datetime) -> None:
    """A row for each month up to this one, from the first transition on."""
    first = ReckonedMonth.objects.aggregate(last=Max("month"))["last"]
    if first is None:
        began = StateChange.objects.aggregate(first=Min("at"))["first"]
        first = month_of(began or now)
    months = []
    while first <= month_of(now):
        months.append(ReckonedMonth(month=first, due_at=now))
        first = next_month(first)
    ReckonedMonth.objects.bulk_create(months, ignore_conflicts=True)


@transaction.atomic
def _reckon_next(*, now: datetime) -> bool:
    due = ReckonedMonth.objects.filter(due_at__lte=now).select_for_update(skip_locked=True).order_by("-month").first()
    if due is None:
        return False
    reckon(due.month, now=now)
    is_settled = now >= start_of(next_month(due.month)) + SETTLED_AFTER
    due.reckoned_at, due.due_at = now, None if is_settled else now + EVERY
    due.save(update_fields=["reckoned_at", "due_at"])
    return True
