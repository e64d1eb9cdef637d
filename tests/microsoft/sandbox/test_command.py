"""`manage.py sandbox`: says where it is when it is ready, and stops when it is told to."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def running(tmp_path):
    command = [sys.executable, "manage.py", "sandbox", "--tenants", "5", "--state", str(tmp_path / "sandbox")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait()


def test_the_sandbox_says_where_it_is_and_stops_when_told(running, tmp_path):
    file = tmp_path / "sandbox" / "sandbox.json"
    deadline = time.monotonic() + 120
    while not file.exists() and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    said = json.loads(file.read_text())

    answer = requests.get(f"{said['url']}/{said['partner_tenant_id']}/v2.0/.well-known/openid-configuration",
                          verify=said["ca_bundle"], timeout=60)  # fmt: skip

    assert answer.json()["token_endpoint"].startswith(said["url"])
    assert {"client_id", "client_secret", "people"} <= set(said)
    assert file.stat().st_mode & 0o077 == 0
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=60) == 0
