"""Holds everything at a tenant that asked us to wait: Microsoft's limit is the tenant's, whichever feed was told."""

from collections.abc import Mapping

from django.db import connection

# Locked in the order of the keys, as everywhere. A feed in hand keeps its lease and learns when it is finished that it
# is held. A feed that waits as long already stays; health is due at the end of the pause even if it was due later, so
# that it says what everything else at this tenant waits for.
_HOLD_BACK = """
    WITH told AS MATERIALIZED (
        SELECT feed.id, now.at + told.seconds * interval '1 second' AS until,
               feed.due_because NOT IN ('TAKEN', 'PROBE', 'ASKED')
               AND (feed.kind = 'HEALTH' OR feed.due_at < now.at + told.seconds * interval '1 second')
               AND NOT (feed.due_because = 'WAIT' AND feed.due_at >= now.at + told.seconds * interval '1 second')
               AS moves
        FROM customers_feed feed
        JOIN unnest(%s::bigint[], %s::float8[]) AS told(customer_id, seconds) USING (customer_id)
        CROSS JOIN (SELECT clock_timestamp() AS at) AS now
        WHERE feed.kind IN ('HEALTH', 'MESSAGES')
        ORDER BY feed.id FOR NO KEY UPDATE OF feed
    )
    UPDATE customers_feed feed
    SET held_until = GREATEST(feed.held_until, told.until),
        due_at = CASE WHEN told.moves THEN told.until ELSE feed.due_at END,
        due_because = CASE WHEN told.moves THEN 'WAIT' ELSE feed.due_because END,
        due_about = CASE WHEN told.moves THEN '' ELSE feed.due_about END
    FROM told WHERE feed.id = told.id
"""


def hold_back(seconds: Mapping[int, float]) -> None:
    """Read nothing of these customers, by their keys, before so many seconds are over.

    It waits for who finishes a feed, so call it after the transaction in which feeds of yours were finished: what it
    holds then is held in any order of the two.
    """
    if seconds:
        with connection.cursor() as cursor:
            cursor.execute(_HOLD_BACK, [list(seconds), list(seconds.values())])
