"""When a feed is read again: spread over the interval, sooner near an incident, later after failures."""

import random
from datetime import timedelta

from django.conf import settings

from customers.models import Feed

SET_ASIDE_AFTER = 5
FIRST_RETRY_SECONDS = 30.0
LAST_RETRY_SECONDS = 1800.0
SLOW_RETRY_SECONDS = 3600.0  # where only a person can mend it
SPREAD = 0.1
DROPPED_AFTER = timedelta(days=7)  # a service that complete answers lack for so long is no longer subscribed

DENIALS = frozenset(
    {
        Feed.Problem.CONSENT_MISSING,
        Feed.Problem.APP_MISSING,
        Feed.Problem.TENANT_NOT_FOUND,
        Feed.Problem.MFA_NEEDED,
        Feed.Problem.SIGN_IN_EXPIRED,
        Feed.Problem.SECRET_WRONG,
        Feed.Problem.SECRET_EXPIRED,
        Feed.Problem.FORBIDDEN,
        Feed.Problem.TOKEN_REFUSED,
        Feed.Problem.NO_CONNECTION,
        Feed.Problem.OTHER,
    }
)


def delay_after_reading(feed_id: int, *, has_incident: bool) -> float:
    """Seconds until the next reading; the jitter is the feed's own, so that feeds drift apart and stay apart."""
    interval = settings.HEALTH_INTERVAL_SECONDS
    if has_incident:
        interval = min(interval, settings.HEALTH_INTERVAL_INCIDENT_SECONDS)
    share = (feed_id * 2654435761 % 2**32) / 2**32  # Knuth's multiplicative hash: neighbors land far apart
    return float(interval) * (1 - SPREAD + 2 * SPREAD * share)


def delay_after_failure(problem: Feed.Problem, *, failures: int, retry_after: float | None) -> float:
    """Seconds until the next try, where `failures` counts this one too.

    A throttled tenant waits as long as Microsoft said. An unavailable one backs off with full jitter between half a
    minute and half an hour. What only a person can mend is tried once an hour, at once or after five failures.
    """
    if problem == Feed.Problem.THROTTLED:
        return retry_after or FIRST_RETRY_SECONDS
    if problem in DENIALS:
        return SLOW_RETRY_SECONDS
    if problem != Feed.Problem.UNAVAILABLE and failures >= SET_ASIDE_AFTER:
        return SLOW_RETRY_SECONDS
    longest = min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(failures, 10))
    return random.uniform(FIRST_RETRY_SECONDS, longest)  # noqa: S311 - jitter, not a secret


def is_set_aside(problem: Feed.Problem, *, failures: int) -> bool:
    """Whether a person has to look: access is denied, or five tries in a row failed."""
    return problem in DENIALS or failures >= SET_ASIDE_AFTER


def because_of_reading(*, has_incident: bool) -> Feed.Because:
    """Why `delay_after_reading` is what it is."""
    is_sooner = has_incident and settings.HEALTH_INTERVAL_INCIDENT_SECONDS < settings.HEALTH_INTERVAL_SECONDS
    return Feed.Because.INCIDENT if is_sooner else Feed.Because.INTERVAL


def because_of_failure(problem: Feed.Problem, *, failures: int) -> Feed.Because:
    """Why `delay_after_failure` is what it is."""
    if problem == Feed.Problem.THROTTLED:
        return Feed.Because.WAIT
    is_rare = problem in DENIALS or (problem != Feed.Problem.UNAVAILABLE and failures >= SET_ASIDE_AFTER)
    return Feed.Because.SET_ASIDE if is_rare else Feed.Because.BACK_OFF
