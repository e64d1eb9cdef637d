"""One customer's health read from Microsoft and compared with what is known: network and thought, no database."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from csp_portal.microsoft.auth import Token
from csp_portal.microsoft.errors import AccessDenied, Cause, MicrosoftError, OverLimit, Throttled
from csp_portal.microsoft.graph import HealthAnswer, read_health
from customers.connections import Access
from customers.models import Feed, State
from health.normalize import HealthFacts, normalize_health
from health.pace import DENIALS, DROPPED_AFTER

logger = logging.getLogger(__name__)

OPENS_AFTER = 10  # customers not reached through one connection, without any answer: it is the connection, not they


@dataclass(frozen=True, kw_only=True, slots=True)
class Unchanged:
    feed: Feed


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    feed: Feed
    fingerprint: bytes
    facts: HealthFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """A reading that brought nothing; `detail` is for people who mend.

    Without `is_asked` Microsoft was not asked, so nothing new is known of this customer.
    """

    feed: Feed
    problem: Feed.Problem
    detail: str
    retry_after: float | None = None
    is_asked: bool = True

    @property
    def is_denied(self) -> bool:
        return self.problem in DENIALS

    @classmethod
    def because(cls, error: MicrosoftError, *, feed: Feed) -> Self:
        """The failure as the feed shows it."""
        detail = f"{error.detail} ({error.correlation_id})" if error.correlation_id else error.detail
        retry_after = error.retry_after if isinstance(error, Throttled) else None
        return cls(feed=feed, problem=Feed.Problem.of(error), detail=detail, retry_after=retry_after)


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """Not read, for we have asked enough for now; nothing new is known."""

    feed: Feed
    seconds: float


Reading = Unchanged | Changed | Failed | Held


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """When a batch has to come to its end, in seconds of `clock`."""

    at: float
    clock: Callable[[], float]

    def seconds_left(self) -> float:
        return max(0.0, self.at - self.clock())


@dataclass(kw_only=True, slots=True)
class Breaker:
    """Failures in a row through one connection within one batch; threads share it, and a count lost does no harm."""

    failures: int = 0

    @property
    def is_open(self) -> bool:
        return self.failures >= OPENS_AFTER

    def note(self, reading: Reading) -> Reading:
        if isinstance(reading, Held):
            return reading
        is_lost = isinstance(reading, Failed) and reading.problem == Feed.Problem.UNAVAILABLE
        self.failures = self.failures + 1 if is_lost else 0
        return reading


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """What a thread needs to read one customer; `token` is the one in hand, if any. No query may follow from it."""

    feed: Feed
    tenant_id: str
    access: Access
    token: Token | None
    breaker: Breaker
    now: datetime
    end: End


def too_late(feed: Feed) -> Failed:
    """Microsoft took so long with the batch that this customer's answer was not asked or not waited for."""
    detail = "Microsoft answered so slowly that the round ended before this customer's answer came."
    return Failed(feed=feed, problem=Feed.Problem.UNAVAILABLE, detail=detail)


def read_customer(errand: Errand) -> Reading:
    """The reading of one feed; whatever goes wrong is its own failure and holds up no other customer's.

    What has not begun when its batch ends is not begun.
    """
    feed = errand.feed
    if not errand.end.seconds_left():
        return too_late(feed)
    if errand.breaker.is_open:
        detail = "Nothing was heard through the connection of this customer, so it was not asked."
        return Failed(feed=feed, problem=Feed.Problem.UNAVAILABLE, detail=detail, is_asked=False)
    if errand.access.is_ended:
        detail = "The connection was paused or revoked while its customers were read."
        return Failed(feed=feed, problem=Feed.Problem.PAUSED, detail=detail)
    try:
        return errand.breaker.note(_compare(_fetch(errand), feed=feed, now=errand.now))
    except MicrosoftError as error:
        return errand.breaker.note(_not_read(error, feed=feed))
    except Exception as error:
        # A bulkhead: an answer that our code trips over must not leave the rest of the batch unread for ever.
        logger.exception("Reading the health of customer %s failed in our own code", feed.customer_id)
        return Failed(
            feed=feed, problem=Feed.Problem.UNEXPECTED, detail=f"{type(error).__name__} while reading the answer."
        )


def _not_read(error: MicrosoftError, *, feed: Feed) -> Held | Failed:
    if isinstance(error, OverLimit):
        return Held(feed=feed, seconds=error.retry_after)
    return Failed.because(error, feed=feed)


def _fetch(errand: Errand) -> HealthAnswer:
    """The answer; a kept token that Microsoft refuses is dropped, and where it was merely stale a new one is tried."""
    access, http = errand.access, errand.access.http_at(errand.tenant_id)
    token = errand.token or access.graph_token(errand.tenant_id)
    try:
        return read_health(http, cloud=access.cloud, token=token.value)
    except AccessDenied as error:
        access.forget([errand.tenant_id])
        if errand.token is None or error.cause != Cause.TOKEN_REFUSED:
            raise
    return read_health(http, cloud=access.cloud, token=access.graph_token(errand.tenant_id).value)


def _compare(answer: HealthAnswer, *, feed: Feed, now: datetime) -> Reading:
    if not answer.raw_services:
        return Failed(feed=feed, problem=Feed.Problem.EMPTY, detail="Microsoft listed no service of this customer.")
    fingerprint = answer.fingerprint()
    is_known = feed.fingerprint is not None and bytes(feed.fingerprint) == fingerprint
    if is_known and not _may_settle(feed, now=now):
        return Unchanged(feed=feed)
    return Changed(feed=feed, fingerprint=fingerprint, facts=normalize_health(answer.services()))


def _may_settle(feed: Feed, *, now: datetime) -> bool:
    """Whether the same answer may mean something else by now: a service it lacks has been missing for long enough."""
    customer = feed.customer
    if customer.health != State.UNKNOWN or customer.unknown_because:
        return False
    return feed.changed_at is not None and feed.changed_at <= now - DROPPED_AFTER
