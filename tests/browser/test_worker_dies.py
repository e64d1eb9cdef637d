"""A killed worker is seen on every page; started again it catches up, and nothing is lost or doubled."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).resolve().parents[2]
COUNT = (
    "from health.models import Exposure, Issue, ServiceState;"
    "print(Issue.objects.filter(title__contains='while the worker').count(), ServiceState.objects.count())"
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _kill_the_worker(portal):
    family = portal.processes("manage.py worker")
    assert family, "no worker runs"
    for process in family:
        process.kill()
    psutil.wait_procs(family, timeout=10)


def test_a_killed_worker_is_told_and_a_new_one_catches_up(sign_in, portal):
    page = sign_in("Owner")
    states_before = portal.manage("shell", "--verbosity", "0", "-c", COUNT).split()[1]

    _kill_the_worker(portal)
    portal.script_sandbox("issues", service="Power BI", fraction=0.4, title="Broke while the worker was dead")

    banner = page.locator("#banner")
    expect(banner).to_contain_text("no worker", timeout=180_000)
    page.goto("/system/")
    expect(page.locator("main")).to_contain_text("silent", timeout=60_000)
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=ROOT,
        env=portal.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        page.goto("/")
        expect(page.get_by_text("Broke while the worker was dead").first).to_be_attached(timeout=180_000)
        expect(banner).not_to_contain_text("no worker", timeout=180_000)
        time.sleep(10)  # another round or two, in which anything doubled would show
        assert portal.manage("shell", "--verbosity", "0", "-c", COUNT).split() == ["1", states_before]
    finally:
        worker.terminate()
        worker.wait(timeout=60)
