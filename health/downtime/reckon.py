"""Adds up from stored changes how long each service was in each state at each customer, for all of them at once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from customers.models import State
from customers.queries import stale_after

_COLUMNS = ("incident_seconds", "degraded_seconds", "healthy_seconds", "unknown_seconds", "reckoned_at")

# Spans of one state lie between a change and the next one of the same service and customer; gaps take time out of them.
_RECKONED = """
WITH gap AS (
    SELECT customer_id, began_at AS began, ended_at AS ended FROM health_gap
     WHERE ended_at > %(start)s AND began_at < %(end)s
    UNION ALL
    SELECT customer_id, read_at + %(stale)s, %(now)s FROM customers_feed
     WHERE kind = 'HEALTH' AND read_at + %(stale)s < %(end)s
), change AS (
    SELECT customer_id, service_id, after AS state, at AS began,
           lead(at, 1, %(end)s) OVER (PARTITION BY customer_id, service_id ORDER BY at, id) AS ended
      FROM health_statechange
     WHERE at < %(end)s
), span AS (
    SELECT customer_id, service_id, state, greatest(began, %(start)s) AS began, ended
      FROM change WHERE ended > %(start)s
), hit AS (
    SELECT * FROM span
     WHERE state <> %(unknown)s
       AND (customer_id, service_id) IN (SELECT customer_id, service_id FROM span WHERE state = %(incident)s)
), lasted AS (
    SELECT customer_id, service_id, state, sum(extract(epoch FROM ended - began)) AS seconds
      FROM hit GROUP BY customer_id, service_id, state
), lost AS (
    SELECT hit.customer_id, hit.service_id, hit.state,
           sum(extract(epoch FROM least(gap.ended, hit.ended) - greatest(gap.began, hit.began))) AS seconds
      FROM hit JOIN gap ON gap.customer_id = hit.customer_id AND gap.began < hit.ended AND gap.ended > hit.began
     GROUP BY hit.customer_id, hit.service_id, hit.state
), known AS (
    SELECT customer_id, service_id, state, lasted.seconds - coalesce(lost.seconds, 0) AS seconds
      FROM lasted LEFT JOIN lost USING (customer_id, service_id, state)
), added AS (
    SELECT customer_id, service_id,
           coalesce(sum(seconds) FILTER (WHERE state = %(incident)s), 0) AS incident,
           coalesce(sum(seconds) FILTER (WHERE state = %(degraded)s), 0) AS degraded,
           coalesce(sum(seconds) FILTER (WHERE state = %(healthy)s), 0) AS healthy
      FROM known GROUP BY customer_id, service_id
)
"""
_STORE = (
    _RECKONED
    + """
INSERT INTO health_downtime (customer_id, service_id, month, incident_seconds, degraded_seconds, healthy_seconds,
                             unknown_seconds, reckoned_at)
SELECT customer_id, service_id, %(month)s, floor(incident), floor(degraded), floor(healthy),
       greatest(0, floor(extract(epoch FROM %(end)s - %(start)s) - incident - degraded - healthy)), %(now)s
  FROM added WHERE incident >= 1
    ON CONFLICT (customer_id, service_id, month) DO UPDATE
   SET """
    + ", ".join(f"{column} = excluded.{column}" for column in _COLUMNS)
)


def reckon_month(month: date, *, now: datetime) -> int:
    """Store the seconds of a month, as far as it has come; how many customers' services had an incident.

    The rules: months are those of UTC and half open, from the first moment up to, and without, the next month's or
    `now`. Downtime is time in State.INCIDENT; a degradation is not. A state lasts from its change up to the next one of
    the same service at the same customer. Time before the first change, in State.UNKNOWN, in a `Gap`, or after
    the last reading grew too old, is unknown: neither up nor down. Claims are left as they are.
    """
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    end = min(now, next_month(month))
    if end <= start:
        return 0
    facts: dict[str, Any] = {
        "month": start.date(),
        "start": start,
        "end": end,
        "now": now,
        "stale": stale_after(),
        "incident": State.INCIDENT.value,
        "degraded": State.DEGRADED.value,
        "healthy": State.HEALTHY.value,
        "unknown": State.UNKNOWN.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, facts)
        return int(cursor.rowcount)


def reckon_lately(*, now: datetime) -> int:
    """The month that runs, and in its first two days the one before too."""
    today = now.astimezone(UTC).date()
    earlier = today - timedelta(days=2)
    months = {today.replace(day=1), earlier.replace(day=1)}
    return sum(reckon_month(month, now=now) for month in sorted(months))


def next_month(month: date) -> datetime:
    return datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)
