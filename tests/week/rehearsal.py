"""Lives through a recorded week: the sandbox by the stream, the portal by its own sweep, and time by steps.

The portal's queue goes by the database's clock. With each step every due time is moved back by what the step is longer
than the time that really went by, so that the database's clock and the week's stay together.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from csp_portal.microsoft.sandbox.replay import Replay
from csp_portal.microsoft.sandbox.server import SandboxServer
from customers.imports import import_customers
from customers.models import Connection, Feed
from health.poll import Claim, poll_feeds
from health.sweep import sweep_due_feeds

STEP = 15  # minutes


@dataclass
class WeekClock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(kw_only=True)
class Part:
    """One cloud's part of the rehearsal; `batches` are (minute, tenants) in order, as the sandbox saw them asked."""

    server: SandboxServer
    connection: Connection
    stream: dict[str, Any]
    batches: list[tuple[int, list[int]]] = field(default_factory=list)
    listed: list[int] = field(default_factory=list)

    def note_asked(self, *, minute: int) -> None:
        """Whose data was asked for since this was called last."""
        world = self.server.world
        tenants = dict.fromkeys(one.tenant_id for one in list(self.server.requests))
        self.server.forget_requests()
        asked = [world.tenant(key).index for key in tenants if key not in ("", world.partner.tenant_id)]
        if asked:
            self.batches.append((minute, asked))

    def import_if_listed_anew(self, *, now: datetime) -> None:
        listed = [tenant.index for tenant in self.server.world.customers()]
        if listed != self.listed:
            import_customers(self.connection, now=now)
            self.listed = listed


def live(parts: Sequence[Part], *, clock: WeekClock, minutes: int) -> None:
    """Step by step: the world moves on, time passes for the queue, and what is due is read as a worker would."""
    replays = [Replay(part.stream, world=part.server.world) for part in parts]
    began, since = clock.now, time.monotonic()
    for minute in range(0, minutes + 1, STEP):
        clock.now = began + timedelta(minutes=minute)
        since = _let_pass(timedelta(minutes=STEP if minute else 0), since=since)
        for replay, part in zip(replays, parts, strict=True):
            replay.play(minute)
            part.import_if_listed_anew(now=clock.now)
        for claims in _due_batches():
            poll_feeds(claims, now=clock.now)
            for part in parts:
                part.note_asked(minute=minute)


def _due_batches() -> list[list[Claim]]:
    batches: list[list[Claim]] = []
    sweep_due_feeds(batches.append)
    return batches


def _let_pass(step: timedelta, *, since: float) -> float:
    now = time.monotonic()
    more = step - timedelta(seconds=now - since)
    Feed.objects.filter(kind=Feed.Kind.HEALTH).update(due_at=F("due_at") - more)
    Connection.objects.update(circuit_until=F("circuit_until") - more)
    return now
