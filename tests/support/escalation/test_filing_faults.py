"""Every escalation is filed exactly once while workers are killed and stopped and Microsoft's answers get lost.

FILING_ESCALATIONS=300 FILING_KILLS=60 is the size of the goal; the suite runs a part of it.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection as database
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry as AuditEntry
from csp_portal.microsoft.sandbox.azure_world import FilingFaults
from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.world import World
from customers.models import Customer
from support.escalation.ordering import settle_as_filed, settle_as_not_filed
from support.models import Entry, Escalation
from tests.support.escalation.azure import order_many

ROOT = Path(__file__).resolve().parents[3]
ESCALATIONS = int(os.environ.get("FILING_ESCALATIONS", "24"))
KILLS = int(os.environ.get("FILING_KILLS", "8"))
WORKERS = 3
# Microsoft's delays and ours, a good ten times shorter than in life.
LEASE, QUIET, BETWEEN, LATE = 6.0, 5.0, 1.5, (0.4, 2.0)
PATIENCE = 240 + 10 * ESCALATIONS
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class Workers:
    """Real processes; whoever kills one, or all of them, counts it."""

    def __init__(self, server: SandboxServer) -> None:
        hosts = {f"MICROSOFT_{host}_URL": server.url for host in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
        env = {
            **os.environ,
            **hosts,
            "MICROSOFT_CA_BUNDLE": server.ca_bundle,
            "DJANGO_SETTINGS_MODULE": "csp_portal.settings",
            "TENANT_WRITES_PER_HOUR": "5000",
            "LOG_LEVEL": "CRITICAL",
        }
        words = [database.settings_dict["NAME"], *map(str, (LEASE, QUIET, BETWEEN))]
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.support.escalation.nursery", *words],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()
        self._alive: list[int] = []
        self._stopped: dict[int, float] = {}
        self.kills = self.stops = 0

    def fill(self) -> None:
        with self._lock:
            while len(self._alive) < WORKERS:
                assert self._nursery.stdin is not None
                assert self._nursery.stdout is not None
                self._nursery.stdin.write("one more\n")
                self._nursery.stdin.flush()
                self._alive.append(int(self._nursery.stdout.readline()))

    def kill(self, *, all_of_them: bool = False) -> None:
        with self._lock:
            chosen = list(self._alive) if all_of_them else random.sample(self._alive, min(1, len(self._alive)))
            for pid in chosen:
                os.kill(pid, signal.SIGKILL)
                self._alive.remove(pid)
                self._stopped.pop(pid, None)
                self.kills += 1

    def stop_one(self) -> None:
        """SIGSTOP for longer than its lease: it wakes up and believes that it holds the row."""
        with self._lock:
            awake = [pid for pid in self._alive if pid not in self._stopped]
            if len(awake) > 1:
                os.kill(awake[0], signal.SIGSTOP)
                self._stopped[awake[0]] = time.monotonic() + LEASE + 1.5
                self.stops += 1

    def wake(self) -> None:
        with self._lock:
            for pid in [pid for pid, until in self._stopped.items() if until < time.monotonic()]:
                os.kill(pid, signal.SIGCONT)
                del self._stopped[pid]

    def close(self) -> None:
        with self._lock:
            for pid in self._alive:
                os.kill(pid, signal.SIGKILL)
            self._alive = []
        assert self._nursery.stdin is not None
        self._nursery.stdin.close()
        self._nursery.wait(timeout=60)


@pytest.fixture
def workers(sandbox: SandboxServer) -> Iterator[Workers]:
    made = Workers(sandbox)
    yield made
    made.close()


def decide_as_a_person_would(world: World, *, by: User) -> int:
    """Look for the marker at Microsoft, and record what is there or have it filed again."""
    waiting = list(Escalation.objects.filter(state="OPERATOR"))
    for row in waiting:
        seen = [one for one in list(world.azure.tickets) if one.marker == row.marker]
        if seen:
            settle_as_filed(row.pk, number=seen[0].number, by=by, now=timezone.now())
        else:
            settle_as_not_filed(row.pk, by=by, now=timezone.now())
    return len(waiting)


def test_nothing_is_lost_and_nothing_filed_twice_whatever_dies(
    workers: Workers, customers: list[Customer], sandbox_world: World, support_agent: User
) -> None:
    azure, decided, met = sandbox_world.azure, 0, [0]
    azure.names_are_unique, azure.pace = False, 0.1
    azure.faults = FilingFaults(lost=0.15, late=0.10, dropped=0.05, stuck=0.05, throttled=0.05, late_seconds=LATE)
    ordered = order_many(ESCALATIONS, customers=customers, world=sandbox_world, by=support_agent, now=timezone.now())

    def kill_now_and_then(_moment: str) -> None:
        """In the middle of a call: before the request is made at Microsoft, or after it and before the answer."""
        met[0] += 1
        if met[0] % 9 == 4 and workers.kills < KILLS:
            workers.kill(all_of_them=True)

    azure.at_filing = kill_now_and_then
    ends_at, beats = time.monotonic() + PATIENCE, 0
    while Escalation.objects.exclude(state="FILED").exists() or workers.kills < KILLS:
        assert time.monotonic() < ends_at, list(Escalation.objects.values_list("state", "problem"))
        workers.fill()
        workers.wake()
        time.sleep(0.25)
        beats += 1
        if beats % 6 == 0 and workers.kills < KILLS:
            workers.kill()
        if beats % 10 == 0:
            workers.stop_one()
        decided += decide_as_a_person_would(sandbox_world, by=support_agent)

    print(f"{workers.kills} kills, {workers.stops} stops, faults {dict(azure.drawn)}, {decided} decided by a person")
    there = {one.marker: one.number for one in azure.tickets}
    assert set(azure.by_marker().values()) == {1}
    assert there == {row.marker: row.microsoft_number for row in Escalation.objects.all()}
    assert len(there) == ESCALATIONS == len(ordered)
    assert AuditEntry.objects.filter(action="escalation.filed").count() == ESCALATIONS
    assert Entry.objects.filter(text__contains="is filed with Microsoft").count() == ESCALATIONS
    assert not Escalation.objects.filter(has_twin=True).exists()
