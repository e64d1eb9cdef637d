"""Lives through a recorded week: the sandbox by the stream, the portal by its own sweep, and time by steps.

The portal's queue goes by the database's clock. With each step every feed's due time is moved back by what the step
is longer than the time that really went by, so that the database's clock and the week's stay together.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from csp_portal.microsoft.sandbox.replay import Replay
from csp_portal.microsoft.sandbox.server import SandboxServer
from customers.imports import import_customers
from customers.models import Connection, Feed
from health.poll import Round, poll_feeds
from health.sweep import sweep_due_feeds

STEP = 15  # minutes


@dataclass
class WeekClock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(kw_only=True)
class Rehearsal:
    """`readings` are (minute, tenant) in order, as the sandbox saw them asked."""

    server: SandboxServer
    connection: Connection
    stream: dict[str, Any]
    clock: WeekClock
    readings: list[tuple[int, int]] = field(default_factory=list)
    done: Round = field(default_factory=Round)

    def live(self) -> None:
        replay = Replay(self.stream, world=self.server.world)
        began, since = self.clock.now, time.monotonic()
        listed: list[int] = []
        for minute in range(0, self.stream["minutes"] + 1, STEP):
            self.clock.now = now = began + timedelta(minutes=minute)
            replay.play(minute)
            since = _let_pass(timedelta(minutes=STEP if minute else 0), since=since)
            if (customers := [one.index for one in self.server.world.customers()]) != listed:
                import_customers(self.connection, now=now)
                listed = customers
            self.server.forget_requests()
            sweep_due_feeds(self._read)
            self.readings += [(minute, tenant) for tenant in self._asked()]

    def _read(self, claims: list[tuple[int, int]]) -> None:
        self.done.add(poll_feeds(claims, now=self.clock.now))

    def _asked(self) -> Iterator[int]:
        world = self.server.world
        for tenant_id in dict.fromkeys(one.tenant_id for one in list(self.server.requests)):
            if tenant_id and tenant_id != world.partner.tenant_id:
                yield world.tenant(tenant_id).index


def _let_pass(step: timedelta, *, since: float) -> float:
    now = time.monotonic()
    Feed.objects.filter(kind=Feed.Kind.HEALTH).update(due_at=F("due_at") - (step - timedelta(seconds=now - since)))
    return now
