"""The wallboard on a real screen: 300 tiles at 1080p without scrolling, and it says when it is old."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone

from customers.models import Customer, State
from tests.shares.test_wall import _many

LOOK = Path(__file__).with_name("look_at_wall.py")


@pytest.mark.browser
@pytest.mark.skipif(not shutil.which("chromium"), reason="Debian's package chromium is not installed")
@pytest.mark.django_db(transaction=True)
def test_300_tiles_fit_a_screen_of_1080p_and_no_answer_is_told(link, owner, live_server):
    for state, count in ((State.INCIDENT, 150), (State.DEGRADED, 100), (State.UNKNOWN, 100)):
        _many(count, health=state)
    Customer.objects.update(health_since=timezone.now())

    command = [sys.executable, str(LOOK), live_server.url + link(owner)]
    looked = subprocess.run(command, check=False, capture_output=True, text=True)  # its event loop bars the database

    assert looked.returncode == 0, looked.stdout + looked.stderr
