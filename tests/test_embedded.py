"""The private servers: started on first use, shared by all processes of a state folder, stopped by the last one."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parent.parent
USE = """
import os, sys, psycopg2, redis
from csp_portal import embedded
embedded.provide()
name = psycopg2.connect(os.environ["DATABASE_URL"]).info.dbname
print(name, redis.Redis.from_url(os.environ["REDIS_URL"]).ping(), flush=True)
sys.stdin.readline()
"""


def _start(state: Path) -> "subprocess.Popen[str]":
    outside = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "PORTAL_KEYS_FILE", "PORTAL_EMBEDDED")
    env = {name: value for name, value in os.environ.items() if name not in outside} | {"PORTAL_STATE_DIR": str(state)}
    return subprocess.Popen(
        [sys.executable, "-c", USE], cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def _servers_of(state: Path) -> list[str]:
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(state) in line and (" -D " in line or " --dir " in line)]


@pytest.mark.slow
def test_two_processes_share_the_servers_and_the_last_one_stops_them(tmp_path):
    first, second = _start(tmp_path), _start(tmp_path)
    assert first.stdout is not None and second.stdout is not None
    assert first.stdout.readline() == "portal True\n"
    assert second.stdout.readline() == "portal True\n"

    first.communicate("\n", timeout=120)
    still_running = _servers_of(tmp_path)
    second.communicate("\n", timeout=120)
    deadline = time.monotonic() + 60
    while _servers_of(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert still_running
    assert _servers_of(tmp_path) == []


def test_the_keys_it_makes_are_readable_only_by_their_owner(tmp_path):
    process = _start(tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    process.communicate("\n", timeout=120)

    assert {oct((tmp_path / name).stat().st_mode & 0o777) for name in ("keys", "secret.key")} == {"0o600"}
    assert oct((tmp_path / "valkey").stat().st_mode & 0o777) == "0o700"
