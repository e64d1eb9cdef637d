"""One batch of feeds: load, read from Microsoft with a few threads, compare, write, and say how it went."""

import logging
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import DataError, IntegrityError
from django.db.models import Q

from csp_portal.microsoft.errors import AccessDenied, Cause
from csp_portal.microsoft.http import shared_http
from customers.connections import Access
from customers.models import Connection, Feed
from health.circuit import note_round
from health.finish import finish_held, finish_unchanged
from health.gaps import note_gaps
from health.reading import Breaker, Changed, End, Errand, Failed, Held, Reading, Unchanged, read_customer, too_late
from health.upsert import store_readings

logger = logging.getLogger(__name__)

# Nobody is asked later than this after the batch began, and nobody is waited for longer than the grace after that:
# together they stay below CELERY_TASK_SOFT_TIME_LIMIT, which would lose what was read already.
BATCH_SECONDS = 150.0
GRACE_SECONDS = 60.0
LOOK_EVERY_SECONDS = 2.0  # so soon a connection that was paused or revoked is no longer used

_TRIES = (Feed.Because.PROBE, Feed.Because.ASKED)  # the only ones that pass an open circuit

_pools: dict[int, ThreadPoolExecutor] = {}

Claim = tuple[int, int]  # feed id and the epoch drawn when it was taken


@dataclass(kw_only=True, slots=True)
class Round:
    """What became of the feeds that were tried: `late` ones were somebody else's by then, `held` ones had no room."""

    changed: int = 0
    unchanged: int = 0
    late: int = 0
    held: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    tokens: int = 0

    @property
    def read(self) -> int:
        return self.changed + self.unchanged

    def add(self, other: "Round") -> None:
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.late += other.late
        self.held += other.held
        self.failed += other.failed
        self.requests += other.requests
        self.tokens += other.tokens


def poll_feeds(claims: Sequence[Claim], *, now: datetime, clock: Callable[[], float] = time.monotonic) -> Round:
    """Read the customers of these feeds once; feeds whose epoch has moved on are somebody else's and are left alone.

    `clock` counts seconds; by it the batch comes to an end even where Microsoft hangs.
    """
    http = shared_http()
    requests, tokens = http.requests_sent, http.tokens_requested
    feeds = _load(claims)
    readings = _read(feeds, now=now, clock=clock)
    stored = _store(readings, now=now)
    done = Round(late=len(claims) - stored, requests=http.requests_sent - requests)
    done.tokens = http.tokens_requested - tokens
    for reading in readings:
        if isinstance(reading, Failed):
            done.failed[reading.problem.value] += 1
    done.changed = sum(isinstance(reading, Changed) for reading in readings)
    done.held = sum(isinstance(reading, Held) for reading in readings)
    done.unchanged = sum(isinstance(reading, Unchanged) for reading in readings)
    return done


def _threads() -> ThreadPoolExecutor:
    """The process's threads, kept from batch to batch: fresh ones cost a quarter of the CPU of a round (measured)."""
    pid = os.getpid()  # threads do not survive a fork
    if pid not in _pools:
        _pools[pid] = ThreadPoolExecutor(settings.POLL_THREADS, thread_name_prefix="poll")
    return _pools[pid]


def _load(claims: Sequence[Claim]) -> list[Feed]:
    epochs = dict(claims)
    feeds = Feed.objects.filter(pk__in=epochs).select_related("customer").order_by("pk")
    feeds = feeds.filter(customer__paused_at__isnull=True).exclude(customer__connection__is_paused=True)
    feeds = feeds.filter(Q(customer__connection__circuit_since=None) | Q(due_because__in=_TRIES))
    return [feed for feed in feeds if feed.epoch == epochs[feed.pk]]


def _read(feeds: Sequence[Feed], *, now: datetime, clock: Callable[[], float]) -> list[Reading]:
    """Every feed's reading; the database is not touched while Microsoft is asked."""
    end = End(at=clock() + BATCH_SECONDS, clock=clock)
    by_connection: defaultdict[object, list[Feed]] = defaultdict(list)
    for feed in feeds:
        by_connection[feed.customer.connection_id].append(feed)
    connections = Connection.objects.in_bulk([key for key in by_connection if key is not None])
    readings: list[Reading] = []
    errands: list[Errand] = []
    for key, group in by_connection.items():
        try:
            errands += _errands(group, connection=connections.get(key), now=now, end=end)
        except AccessDenied as error:  # the connection itself is broken: nobody is asked
            readings += [Failed.because(error, feed=feed) for feed in group]
    asked = _ask(errands, end=end)
    for key, theirs in _by_connection(asked).items():
        note_round(connections[key], theirs, now=now)
    return readings + asked


def _by_connection(readings: Sequence[Reading]) -> dict[UUID, list[Reading]]:
    found: defaultdict[UUID, list[Reading]] = defaultdict(list)
    for reading in readings:
        if key := reading.feed.customer.connection_id:
            found[key].append(reading)
    return found


def _ask(errands: Sequence[Errand], *, end: End) -> list[Reading]:
    """Read side by side, and keep the tokens that were got on the way whatever became of it."""
    accesses = {id(errand.access): errand.access for errand in errands}
    try:
        return _read_side_by_side(errands, end=end)
    finally:
        for access in accesses.values():
            access.keep()


def _read_side_by_side(errands: Sequence[Errand], *, end: End) -> list[Reading]:
    """The readings in order; an answer that is not whole when the grace is over is not waited for."""
    running = [_threads().submit(read_customer, errand) for errand in errands]
    waiting, give_up_at = set(running), time.monotonic() + end.seconds_left() + GRACE_SECONDS
    while waiting and (seconds := give_up_at - time.monotonic()) > 0:
        waiting = wait(waiting, timeout=min(seconds, LOOK_EVERY_SECONDS)).not_done
        if waiting:
            for access in {id(errand.access): errand.access for errand in errands}.values():
                access.look_again()
    return [
        future.result() if future.done() else too_late(errand.feed)
        for future, errand in zip(running, errands, strict=True)
    ]


def _errands(feeds: Sequence[Feed], *, connection: Connection | None, now: datetime, end: End) -> Iterable[Errand]:
    """What has to be read through one connection, with the tokens in hand; AccessDenied where it can't be used."""
    if connection is None:
        raise AccessDenied("This customer has no connection.", cause=Cause.NO_CONNECTION)
    access = Access(connection)
    tenant_ids = [str(feed.customer.tenant_id) for feed in feeds]
    access.allowance.book(tenant_ids)
    tokens, breaker = access.tokens_in_hand(tenant_ids), Breaker()
    return [
        Errand(
            feed=feed,
            tenant_id=tenant_id,
            access=access,
            token=tokens.get(tenant_id),
            breaker=breaker,
            now=now,
            end=end,
        )
        for feed, tenant_id in zip(feeds, tenant_ids, strict=True)
    ]


def _store(readings: Sequence[Reading], *, now: datetime) -> int:
    """Write the readings; returns how many feeds were still ours. What does not fit is written customer by customer."""
    note_gaps(readings, now=now)
    stored = finish_unchanged([r for r in readings if isinstance(r, Unchanged)], now=now)
    stored += finish_held([r for r in readings if isinstance(r, Held)])
    others = [r for r in readings if isinstance(r, Changed | Failed)]
    if not others:
        return stored
    try:
        return stored + store_readings(others, now=now)
    except (DataError, IntegrityError):
        logger.exception("A batch of %d readings can't be stored; each is now tried alone", len(others))
    return stored + sum(_store_alone(reading, now=now) for reading in others)


def _store_alone(reading: Changed | Failed, *, now: datetime) -> int:
    """A bulkhead: one answer that the database refuses must not keep the rest of its batch from being written."""
    try:
        return store_readings([reading], now=now)
    except (DataError, IntegrityError) as error:
        detail = f"The answer can't be stored: {error}"
        failure = Failed(feed=reading.feed, problem=Feed.Problem.UNEXPECTED, detail=detail)
        return store_readings([failure], now=now)
