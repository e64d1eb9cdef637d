"""Reads how the portal itself is: workers, sweeps, what is overdue or set aside, queues, imports, database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import connection as database
from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _

from csp_portal.notices.models import Delivery, Target
from customers.models import Connection, Feed, Heartbeat
from customers.models.feed import FeedQuerySet
from health.alerts.targets import with_reach
from support.models import Mailbox

WORKER_LATE = timedelta(seconds=45)  # it notes itself every 15 s
SWEEP_LATE = timedelta(seconds=60)  # every 5 s
OVERDUE = timedelta(seconds=60)
QUEUES = ("poll", "misc")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sign:
    """The last sign of life of a process, and whether it is recent enough."""

    at: datetime | None
    is_alive: bool
    detail: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Queues:
    """How many messages wait in Redis, by queue; `problem` says in a sentence why that is not known."""

    waiting: Mapping[str, int]
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Overdue:
    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SetAside:
    """Feeds of one kind that wait for a person, by cause."""

    kind: Feed.Kind
    cause: Feed.Problem
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Vitals:
    worker: Sign
    sweep: Sign
    queues: Queues
    overdue: Overdue
    set_aside: tuple[SetAside, ...]
    feeds: int
    connections: tuple[Connection, ...]
    targets: tuple[Target, ...]  # of alerts, that fail or have something set aside
    mailboxes: tuple[Mailbox, ...]  # of the desk, in use
    database_bytes: int
    database_version: str


def read_vitals(*, now: datetime) -> Vitals:
    """Everything the system page shows; eight statements and one look into Redis."""
    worker, sweep = read_signs(now=now)
    size, version = _database()
    return Vitals(
        worker=worker,
        sweep=sweep,
        queues=read_queues(),
        overdue=_overdue(now=now),
        set_aside=_set_aside(),
        feeds=_watched().count(),
        connections=tuple(Connection.objects.order_by("name")),
        targets=_troubled_targets(),
        mailboxes=tuple(Mailbox.objects.filter(is_enabled=True).order_by("name")),
        database_bytes=size,
        database_version=version,
    )


def read_signs(*, now: datetime) -> tuple[Sign, Sign]:
    """The last signs of life of the workers and of the sweep."""
    rows = {row.name: row for row in Heartbeat.objects.filter(name__in=("worker", "sweep"))}
    return (
        _sign(rows.get("worker"), late=WORKER_LATE, now=now),
        _sign(rows.get("sweep"), late=SWEEP_LATE, now=now),
    )


def redis_client() -> "redis.Redis":
    """A client that gives up soon: a page must not hang on Redis."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5)


def read_queues() -> Queues:
    try:
        with redis_client() as client:
            return Queues(waiting={queue: int(str(client.llen(queue))) for queue in QUEUES})
    except redis.RedisError as error:
        sentence = _("Redis can't be reached (%(error)s): nothing new is read until it is back. Nothing is lost.")
        return Queues(waiting={}, problem=sentence % {"error": type(error).__name__})


def warning_of(*, worker: Sign, sweep: Sign, redis_problem: str) -> tuple[str, datetime | None]:
    """What everybody should know about the age of what they see, and since when; an empty text if all is well."""
    if redis_problem:
        return _("What you see may be old: Redis can't be reached, so no work is handed out."), sweep.at
    if not worker.is_alive:
        if worker.at is None:
            return _("Nothing is read yet: no worker has run so far."), None
        return _("What you see may be old: no worker is running."), worker.at
    if not sweep.is_alive:
        if sweep.at is None:
            return _("Nothing is read yet: nobody has looked for customers that are due."), None
        return _("What you see may be old: nobody looks for customers that are due."), sweep.at
    return "", None


def _sign(row: Heartbeat | None, *, late: timedelta, now: datetime) -> Sign:
    if row is None:
        return Sign(at=None, is_alive=False, detail={})
    return Sign(at=row.at, is_alive=now - row.at <= late, detail=row.detail)


def _watched() -> FeedQuerySet:
    read = Feed.objects.filter(customer__gone_at__isnull=True, customer__paused_at__isnull=True)
    return read.filter(customer__connection__is_paused=False)


def _overdue(*, now: datetime) -> Overdue:
    found = _watched().aggregate(count=Count("pk", filter=Q(due_at__lt=now - OVERDUE)), oldest=Min("due_at"))
    return Overdue(count=found["count"], oldest_at=found["oldest"] if found["count"] else None)


def _set_aside() -> tuple[SetAside, ...]:
    rows = _watched().exclude(paused_because="").values_list("kind", "paused_because").annotate(count=Count("pk"))
    found = [SetAside(kind=Feed.Kind(kind), cause=Feed.Problem(cause), count=count) for kind, cause, count in rows]
    return tuple(sorted(found, key=lambda one: (one.kind, -one.count)))


def _troubled_targets() -> tuple[Target, ...]:
    aside = Count("deliveries", filter=Q(deliveries__state=Delivery.State.SET_ASIDE))
    rows = with_reach(Target.objects.filter(is_enabled=True).annotate(aside=aside))
    return tuple(rows.filter(Q(failing_since__isnull=False) | Q(aside__gt=0)).order_by("name"))


def _database() -> tuple[int, str]:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()), current_setting('server_version')")
        size, version = cursor.fetchone()
    return int(size), str(version)
