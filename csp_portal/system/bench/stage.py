"""The stage of a measurement: a sandbox in its own process, private servers, and probes in fresh processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from csp_portal.system.processes import Child, start, stop

MANAGE = Path(__file__).resolve().parents[3] / "manage.py"
START_SECONDS = 120
# A measurement never touches the database of the portal: its probes start servers of their own.
_NOT_OURS = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "PORTAL_KEYS_FILE",
    "PORTAL_URL",
    "PORTAL_EMBEDDED",
)


class BenchError(Exception):
    """A measurement could not be made; the text says what to look at."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where probes run: their environment, and the sandbox as its sandbox.json describes it."""

    env: dict[str, str]
    sandbox: dict[str, Any]

    def probe(self, name: str, *, tenants: int) -> dict[str, Any]:
        """The figures of one probe, measured in a fresh process."""
        process = self.open_probe(name, tenants=tenants)
        output, _ = process.communicate()
        return figures_of(process, output=output)

    def open_probe(self, name: str, *, tenants: int) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, str(MANAGE), "bench", "--probe", name, "--tenants", str(tenants)],
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def figures_of(process: "subprocess.Popen[str]", *, output: str) -> dict[str, Any]:
    """What a probe printed on its last line."""
    lines = output.strip().splitlines()
    if process.returncode != 0 or not lines:
        raise BenchError(f"The probe {process.args!r} ended with {process.returncode}; what it said stands above.")
    figures: dict[str, Any] = json.loads(lines[-1])
    return figures


def own_env(folder: Path) -> dict[str, str]:
    """The environment of a probe whose servers and state are in this folder."""
    env = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    return env | {"PORTAL_STATE_DIR": str(folder), "LOG_LEVEL": "ERROR", "PYTHONUNBUFFERED": "1"}


@contextmanager
def open_stage(state: Path, *, tenants: int) -> Iterator[Stage]:
    """A stage whose sandbox has this many heavy tenants: 231 KB of JSON each, as measured in production."""
    folder = state / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    told = folder / "sandbox" / "sandbox.json"
    told.unlink(missing_ok=True)
    env = own_env(folder)
    child = start(
        "sandbox",
        [
            *(sys.executable, str(MANAGE), "sandbox", "--tenants", str(tenants), "--weight", "heavy", "--no-story"),
            *("--state", str(told.parent)),
        ],
        env=env,
        logs=folder / "logs",
    )
    try:
        known = _wait_for(told, child)
        hosts = {f"MICROSOFT_{host}_URL": known["url"] for host in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
        yield Stage(env={**env, **hosts, "MICROSOFT_CA_BUNDLE": known["ca_bundle"]}, sandbox=known)
    finally:
        stop([child])


def _wait_for(file: Path, child: Child) -> dict[str, Any]:
    deadline = time.monotonic() + START_SECONDS
    while not file.exists():
        if child.has_ended or time.monotonic() > deadline:
            raise BenchError(f"The sandbox did not start; its log is {child.log}.")
        time.sleep(0.1)
    known: dict[str, Any] = json.loads(file.read_text())
    return known
