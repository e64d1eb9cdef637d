"""An issue nobody had reported before: customers with the same service are read soon, not an interval later."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from customers.models import Feed
from health.normalize import IssueFacts

HURRIED_AT_MOST = 1000
STARTED_WITHIN = timedelta(days=1)

# Feeds with a problem or told to wait keep their time: none may be asked a second sooner than Microsoft said. So do
# those for which there is no room.
_HURRY = """
    WITH neighbor AS MATERIALIZED (
        SELECT feed.id FROM customers_feed feed
        JOIN customers_customer customer ON customer.id = feed.customer_id
        WHERE feed.kind = %s AND feed.problem = ''
          AND feed.due_because NOT IN ('LIMIT', 'WAIT') AND feed.due_at > clock_timestamp() + interval '1 minute'
          AND customer.connection_id = ANY(%s::uuid[]) AND customer.gone_at IS NULL
          AND EXISTS (
              SELECT 1 FROM health_servicestate state
              JOIN health_service service ON service.id = state.service_id
              WHERE state.customer_id = customer.id AND service.name = ANY(%s)
          )
        ORDER BY feed.due_at DESC LIMIT %s FOR UPDATE OF feed SKIP LOCKED
    )
    UPDATE customers_feed feed
    SET due_at = clock_timestamp() + (5 + feed.id %% 50) * interval '1 second', due_because = %s, due_about = %s
    FROM neighbor WHERE feed.id = neighbor.id
"""


def is_outbreak(issue: IssueFacts, *, now: datetime) -> bool:
    """Whether an issue that we see for the first time is open and young; an old one spreads no more."""
    return not issue.is_resolved and issue.started_at is not None and issue.started_at > now - STARTED_WITHIN


def hurry_neighbors(
    *, issue_ids: Collection[str], service_names: Collection[str], connection_ids: Collection[str]
) -> int:
    """Let customers of these connections who have one of the services come due within a minute; returns how many."""
    neighbors: list[Any] = [Feed.Kind.HEALTH, list(connection_ids), list(service_names), HURRIED_AT_MOST]
    with connection.cursor() as cursor:
        cursor.execute(_HURRY, [*neighbors, Feed.Because.OUTBREAK, ", ".join(sorted(issue_ids))[:100]])
        return int(cursor.rowcount)
