"""The columns of a customer that lists of thousands need, written only where they changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection

from customers.models import Customer, State
from health.reading import Changed, Failed
from health.upsert.exposures import OpenIssues

_ROLL_UP = """
    UPDATE customers_customer customer
    SET health = told.health, unknown_because = told.because,
        health_since = CASE WHEN customer.health = told.health AND customer.health_since IS NOT NULL
                            THEN customer.health_since ELSE %s END,
        open_incidents = told.incidents, open_advisories = told.advisories
    FROM unnest(%s::bigint[], %s::smallint[], %s::text[], %s::smallint[], %s::smallint[])
        AS told(id, health, because, incidents, advisories)
    WHERE customer.id = told.id
"""
Row = tuple[int, int, str, int, int]


def roll_up(
    changed: Sequence[Changed],
    denied: Sequence[Failed],
    *,
    states: Mapping[int, State],
    open_issues: Mapping[int, OpenIssues],
    now: datetime,
) -> None:
    """Worst state, its cause where it is unknown, and open issues; after denied access the issues stay as last read."""
    rows: list[Row] = []
    for reading in changed:
        customer, found = reading.feed.customer, open_issues[reading.feed.customer_id]
        rows.append((customer.pk, int(states[customer.pk]), "", found.incidents, found.advisories))
    for failure in denied:
        customer = failure.feed.customer
        rows.append(
            (customer.pk, int(State.UNKNOWN), failure.problem.value, customer.open_incidents, customer.open_advisories)
        )
    feeds = [reading.feed for reading in changed] + [failure.feed for failure in denied]
    customers = {feed.customer_id: feed.customer for feed in feeds}
    if fresh := sorted(row for row in rows if _is_news(row, of=customers[row[0]])):
        with connection.cursor() as cursor:
            cursor.execute(_ROLL_UP, [now, *map(list, zip(*fresh, strict=True))])


def _is_news(row: Row, *, of: Customer) -> bool:
    stored = (of.pk, of.health, of.unknown_because, of.open_incidents, of.open_advisories)
    return row != stored or of.health_since is None
