"""What a probe reads while it works: CPU of this process, statements, WAL, connections, and the sandbox's counts."""

import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import requests
from django.db import connection


@dataclass(kw_only=True, slots=True)
class Figures:
    """What a stretch of work cost; CPU is this process's own, all threads, user and system."""

    cpu: float = 0.0
    seconds: float = 0.0
    statements: int = 0
    wal: int = 0


@contextmanager
def measured() -> Iterator[Figures]:
    figures = Figures()
    counter = _Counter()
    wal = _wal_position()
    cpu, started = _cpu(), time.perf_counter()
    with connection.execute_wrapper(counter):
        yield figures
    figures.cpu, figures.seconds = _cpu() - cpu, time.perf_counter() - started
    figures.statements = counter.count
    figures.wal = _wal_position() - wal


class _Counter:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _wal_position() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")
        return int(cursor.fetchone()[0])


def peak_memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def connections_to(url: str) -> int:
    """Open connections of this process to the server of this address."""
    port = urlsplit(url).port
    mine = psutil.Process(os.getpid()).net_connections(kind="tcp")
    return sum(bool(one.raddr) and one.raddr.port == port for one in mine)


class ControlDesk:
    """The sandbox's control desk: faults, issues, and what it has counted."""

    def __init__(self, *, url: str, ca_bundle: str) -> None:
        self.url, self.ca_bundle = url, ca_bundle
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca_bundle

    @classmethod
    def of_settings(cls, clouds: Any) -> "ControlDesk":
        cloud = clouds["custom"]
        return cls(url=cloud.graph_url, ca_bundle=str(Path(cloud.ca_bundle)))

    def counts(self) -> dict[str, int]:
        counts: dict[str, int] = self._session.get(f"{self.url}/_sandbox/requests", timeout=30).json()
        return counts

    def set_fault(self, tenant: str, **faults: Any) -> None:
        self._post("faults", {"tenant": tenant, **faults})

    def break_service(self, service: str, **details: Any) -> None:
        self._post("issues", {"service": service, **details})

    def _post(self, what: str, body: dict[str, Any]) -> None:
        self._session.post(f"{self.url}/_sandbox/{what}", json=body, timeout=60).raise_for_status()
