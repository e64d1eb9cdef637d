"""Says on the feeds how their reading went and when the next is due, fenced by the epoch drawn when they were taken."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from customers.models import Feed
from health.pace import (
    DENIALS,
    because_of_failure,
    because_of_reading,
    delay_after_failure,
    delay_after_reading,
    is_set_aside,
)
from health.reading import Changed, Failed, Held, Reading, Unchanged

_HOLD = """
    SELECT feed.id FROM customers_feed feed
    JOIN unnest(%s::bigint[], %s::bigint[]) AS taken(id, epoch) ON feed.id = taken.id AND feed.epoch = taken.epoch
    ORDER BY feed.id FOR NO KEY UPDATE OF feed
"""
# What is held (health.hold) is due no sooner than that ends, whatever its own reading brought.
_DUE = """due_at = GREATEST(clock_timestamp() + taken.delay * interval '1 second', feed.held_until),
        due_because = CASE WHEN feed.held_until > clock_timestamp() + taken.delay * interval '1 second'
                           THEN 'WAIT' ELSE {} END, due_about = ''"""
_FINISH_UNCHANGED = f"""
    UPDATE customers_feed feed
    SET {_DUE.format("taken.because")},
        tried_at = %s, read_at = %s,
        failures = 0, problem = '', problem_detail = '', problem_since = NULL, paused_because = ''
    FROM unnest(%s::bigint[], %s::bigint[], %s::float8[], %s::text[]) AS taken(id, epoch, delay, because)
    WHERE feed.id = taken.id AND feed.epoch = taken.epoch
    RETURNING feed.id
"""  # noqa: S608 - an expression of this module, no input
_FINISH_CHANGED = f"""
    UPDATE customers_feed feed
    SET {_DUE.format("taken.because")},
        tried_at = %s, read_at = %s, changed_at = %s,
        fingerprint = taken.fingerprint,
        failures = 0, problem = '', problem_detail = '', problem_since = NULL, paused_because = ''
    FROM unnest(%s::bigint[], %s::bigint[], %s::float8[], %s::text[], %s::bytea[])
        AS taken(id, epoch, delay, because, fingerprint)
    WHERE feed.id = taken.id AND feed.epoch = taken.epoch
"""  # noqa: S608 - an expression of this module, no input
# After denied access the next good answer must rewrite every state, whatever it says: its fingerprint is forgotten.
_FINISH_FAILED = f"""
    UPDATE customers_feed feed
    SET {_DUE.format("taken.because")},
        tried_at = %s,
        failures = taken.failures, problem = taken.problem, problem_detail = taken.detail,
        problem_since = CASE WHEN feed.problem = taken.problem THEN feed.problem_since ELSE %s END,
        paused_because = taken.paused_because,
        fingerprint = CASE WHEN taken.forget THEN NULL ELSE feed.fingerprint END
    FROM unnest(%s::bigint[], %s::bigint[], %s::float8[], %s::text[], %s::int[], %s::text[], %s::text[], %s::text[],
                %s::bool[]) AS taken(id, epoch, delay, because, failures, problem, detail, paused_because, forget)
    WHERE feed.id = taken.id AND feed.epoch = taken.epoch
"""  # noqa: S608 - an expression of this module, no input
_FINISH_HELD = f"""
    UPDATE customers_feed feed
    SET {_DUE.format("'LIMIT'")}
    FROM unnest(%s::bigint[], %s::bigint[], %s::float8[]) AS taken(id, epoch, delay)
    WHERE feed.id = taken.id AND feed.epoch = taken.epoch
"""  # noqa: S608 - an expression of this module, no input


def hold_feeds(readings: Sequence[Reading]) -> set[int]:
    """Lock the feeds that are still ours until the transaction ends; returns their ids.

    A worker that slept past its lease finds another epoch and must write nothing for those feeds.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, _ids_and_epochs(readings))
        return {row[0] for row in cursor.fetchall()}


def finish_unchanged(readings: Sequence[Unchanged], *, now: datetime) -> int:
    """The whole cost of customers of whom nothing changed: one statement. Returns how many were still ours."""
    if not readings:
        return 0
    with connection.cursor() as cursor:
        columns = _when([(one.feed.pk, one.feed.customer.open_incidents) for one in readings])
        cursor.execute(_FINISH_UNCHANGED, [now, now, *_ids_and_epochs(readings), *columns])
        return int(cursor.rowcount)


def finish_held(readings: Sequence[Held]) -> int:
    """Let them wait until there is room; returns how many were still ours."""
    if not readings:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_FINISH_HELD, [*_ids_and_epochs(readings), [reading.seconds for reading in readings]])
        return int(cursor.rowcount)


def finish_changed(readings: Sequence[Changed], *, now: datetime, incidents: dict[int, int]) -> None:
    """`incidents`: the open incidents that each customer has from now on."""
    if not readings:
        return
    when = _when([(one.feed.pk, incidents.get(one.feed.customer_id, 0)) for one in readings])
    fingerprints = [reading.fingerprint for reading in readings]
    with connection.cursor() as cursor:
        cursor.execute(_FINISH_CHANGED, [now, now, now, *_ids_and_epochs(readings), *when, fingerprints])


def finish_failed(readings: Sequence[Failed], *, now: datetime) -> None:
    if not readings:
        return
    columns = zip(*(_failure(reading) for reading in readings), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_FINISH_FAILED, [now, now, *_ids_and_epochs(readings), *map(list, columns)])


def _failure(reading: Failed) -> tuple[float, str, int, str, str, str, bool]:
    """Delay and why, failures, problem, detail, paused_because and whether to forget the fingerprint.

    Being asked to wait is no failure: a tenant may be throttled for hours without being set aside. Nor is not having
    been asked: what only a person can mend is still what keeps us out.
    """
    if not reading.is_asked and reading.feed.paused_because in DENIALS:
        return _as_before(reading.feed)
    problem = reading.problem
    is_throttled = problem == Feed.Problem.THROTTLED
    failures = min(reading.feed.failures + (0 if is_throttled else 1), 30_000)
    delay = delay_after_failure(problem, failures=failures, retry_after=reading.retry_after)
    paused_because = problem if is_set_aside(problem, failures=failures) and not is_throttled else ""
    detail = reading.detail.replace("\x00", "")[:2000]
    because = because_of_failure(problem, failures=failures)
    return delay, because, failures, problem, detail, paused_because, problem in DENIALS


def _as_before(feed: Feed) -> tuple[float, str, int, str, str, str, bool]:
    """What the feed says already, with its next turn."""
    problem = Feed.Problem(feed.paused_because)
    delay = delay_after_failure(problem, failures=feed.failures, retry_after=None)
    because = because_of_failure(problem, failures=feed.failures)
    return delay, because, feed.failures, feed.problem, feed.problem_detail, feed.paused_because, False


def _when(feeds: Sequence[tuple[int, int]]) -> tuple[list[float], list[str]]:
    """When each is due and why; `feeds` are ids with the open incidents of their customers."""
    delays = [delay_after_reading(pk, has_incident=incidents > 0) for pk, incidents in feeds]
    return delays, [because_of_reading(has_incident=incidents > 0) for _pk, incidents in feeds]


def _ids_and_epochs(readings: Sequence[Reading]) -> list[list[int]]:
    return [[reading.feed.pk for reading in readings], [reading.feed.epoch for reading in readings]]
