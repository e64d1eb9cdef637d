"""The lists of a partner tenant as rows that become due: taken, read, and how it went said on the row."""

import random
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from csp_portal.microsoft.errors import AccessDenied, MicrosoftError, Throttled
from customers.connections import cloud_of
from customers.models import Connection, Feed, GdapFeed

LEASE = timedelta(minutes=15)
FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=1)
MOST = 50
SPREAD = 0.1
INTERVALS = {
    GdapFeed.Kind.RELATIONSHIPS: timedelta(minutes=15),
    GdapFeed.Kind.GROUPS: timedelta(hours=1),
    GdapFeed.Kind.ROLES: timedelta(days=7),
    GdapFeed.Kind.LEGACY: timedelta(minutes=30),
}
Claim = tuple[int, int]


def add_missing_feeds() -> None:
    """Every connection has the four, unless its cloud knows no delegated administration (reference 2.6)."""
    known = set(GdapFeed.objects.values_list("connection", "kind"))
    missing = [
        GdapFeed(connection=connection, kind=kind)
        for connection in Connection.objects.all()
        for kind in GdapFeed.Kind
        if (connection.pk, kind.value) not in known and cloud_has_gdap(connection)
    ]
    GdapFeed.objects.bulk_create(missing, ignore_conflicts=True)


def cloud_has_gdap(connection: Connection | None) -> bool:
    """Whether Microsoft offers delegated administration there; without a connection nothing can be said against it."""
    try:
        return connection is None or cloud_of(connection).has_gdap
    except AccessDenied:  # a cloud that the settings do not describe
        return False


@transaction.atomic
def claim_feeds() -> list[Claim]:
    """Take what is due by moving it on by the lease; returns (id, epoch) of each."""
    due = GdapFeed.objects.select_for_update(skip_locked=True, of=("self",)).filter(due_at__lte=Now())
    ids = list(due.filter(connection__is_paused=False).order_by("due_at").values_list("pk", flat=True)[:MOST])
    taken = GdapFeed.objects.filter(pk__in=ids)
    taken.update(due_at=Now() + LEASE, epoch=F("epoch") + 1, due_because=Feed.Because.TAKEN)
    return list(taken.values_list("pk", "epoch"))


def ask_for(connection: Connection, kind: GdapFeed.Kind) -> None:
    """Let this list be read next: something of it has just been changed, or a person asks."""
    mine = GdapFeed.objects.filter(connection=connection, kind=kind, due_at__gt=Now())
    mine.exclude(due_because=Feed.Because.TAKEN).update(due_at=Now(), due_because=Feed.Because.ASKED)


def note_read(feed: GdapFeed, *, now: datetime, is_empty: bool = False) -> None:
    """The list came to its end; an empty one that was not empty before is a problem, and took nothing away."""
    pause = INTERVALS[GdapFeed.Kind(feed.kind)] * random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311 - jitter
    read = {} if is_empty else {"read_at": now}
    _mine(feed).update(
        due_at=Now() + pause,
        due_because=Feed.Because.INTERVAL,
        tried_at=now,
        failures=0,
        problem=Feed.Problem.EMPTY if is_empty else "",
        problem_detail="",
        **read,
    )


def note_failure(feed: GdapFeed, error: MicrosoftError, *, now: datetime) -> None:
    failures = min(feed.failures + (0 if isinstance(error, Throttled) else 1), 100)
    _mine(feed).update(
        due_at=Now() + pause_after(error, failures=failures),
        due_because=because_of(error),
        tried_at=now,
        failures=failures,
        problem=Feed.Problem.of(error),
        problem_detail=error.detail.replace("\x00", "")[:2000],
    )


def pause_after(error: MicrosoftError, *, failures: int) -> timedelta:
    """As long as Microsoft says; an hour where a person has to mend it; else doubled with each failure, and spread."""
    if isinstance(error, Throttled):
        return timedelta(seconds=error.retry_after)
    if isinstance(error, AccessDenied):
        return LAST_RETRY
    longest = min(LAST_RETRY, FIRST_RETRY * (1 << min(failures, 10)))
    return longest * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret


def because_of(error: MicrosoftError) -> Feed.Because:
    if isinstance(error, Throttled):
        return Feed.Because.WAIT
    return Feed.Because.SET_ASIDE if isinstance(error, AccessDenied) else Feed.Because.BACK_OFF


def still_ours(feed: GdapFeed) -> bool:
    """Whether nobody else has taken it meanwhile; who slept past the lease marks nothing as gone."""
    return _mine(feed).exists()


def _mine(feed: GdapFeed) -> QuerySet[GdapFeed]:
    return GdapFeed.objects.filter(pk=feed.pk, epoch=feed.epoch)
