"""The circuit of a connection: where nothing is heard through it, one try at a time shows when that ends."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse

from csp_portal.notices.events import close_event, raise_event
from csp_portal.notices.kinds import EventKind, Severity
from customers.models import Connection, Feed
from health.reading import OPENS_AFTER, Failed, Held, Reading

FIRST_PAUSE_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 900.0


def note_round(connection: Connection, readings: Sequence[Reading], *, now: datetime) -> None:
    """Count the customers not reached through this connection; whoever was answered, even with a refusal, ends that.

    Customers are counted, not tries: a silent one that is tried again while nobody else is due says nothing new.

    A round in which all is well, as nearly all are, costs no statement.
    """
    lost = [one for one in readings if isinstance(one, Failed) and one.problem == Feed.Problem.UNAVAILABLE]
    if len(lost) < sum(_was_tried(one) for one in readings):
        if connection.circuit_failures or connection.circuit_lost:
            _close(connection, now=now)
    elif lost:
        _count(connection, lost=lost, now=now)


def pause_after(failures: int) -> float:
    """Seconds until the next try: doubled with each that failed, up to a quarter of an hour, and spread."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(failures - OPENS_AFTER, 10))
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter, not a secret


def _was_tried(reading: Reading) -> bool:
    if isinstance(reading, Held):
        return False
    return not isinstance(reading, Failed) or reading.problem != Feed.Problem.PAUSED


@transaction.atomic
def _close(connection: Connection, *, now: datetime) -> None:
    Connection.objects.filter(pk=connection.pk).update(
        circuit_lost=[], circuit_failures=0, circuit_since=None, circuit_until=None
    )
    close_event(_key(connection), now=now)


@transaction.atomic
def _count(connection: Connection, *, lost: Sequence[Failed], now: datetime) -> None:
    row = Connection.objects.select_for_update().get(pk=connection.pk)
    was_open = row.circuit_since is not None
    if was_open:
        row.circuit_failures = min(row.circuit_failures + 1, 1000)
    else:
        row.circuit_lost = sorted({*row.circuit_lost, *(one.feed.customer_id for one in lost)})
    if len(row.circuit_lost) >= OPENS_AFTER and not was_open:
        row.circuit_lost, row.circuit_failures, row.circuit_since = [], OPENS_AFTER, now
        raise_event(
            EventKind.CONNECTION_BROKEN,
            key=_key(row),
            severity=Severity.CRITICAL,
            facts={
                "title": row.name,
                "problem": "Nothing is heard through this connection",
                "detail": lost[0].detail.replace("\x00", "")[:500],
                "path": reverse("settings:connection_edit", args=[row.pk]),
            },
            cloud=row.cloud,
            now=now,
        )
    row.save(update_fields=["circuit_lost", "circuit_failures", "circuit_since"])
    if row.circuit_since is not None:
        until = Now() + timedelta(seconds=pause_after(row.circuit_failures))
        Connection.objects.filter(pk=row.pk).update(circuit_until=until)


def _key(connection: Connection) -> str:
    return f"connection/{connection.pk}/circuit"
