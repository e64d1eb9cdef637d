"""Three hundred relationships at once, with Microsoft and a worker in the way: nothing is done twice, nothing lost."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection as database
from django.utils import timezone

from csp_portal.microsoft.sandbox.gdap_desk import WriteFault
from csp_portal.microsoft.sandbox.world import World
from customers.gdap.carry_out import carry_out, claim_items
from customers.gdap.orders import place_order, start_order
from customers.models import Relationship
from tests.health.private_portal import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROWS = 300
ROOT = Path(__file__).resolve().parents[3]

WORKER = """
import django
django.setup()
from django.utils import timezone
from customers.gdap.carry_out import carry_out, claim_items
carry_out(claim_items(limit=100), now=timezone.now())
"""


@pytest.fixture
def sandbox_world():
    """So many customers that at least 300 relationships can be extended."""
    return World(seed=1, tenants=1000, clock=lambda: datetime.now(UTC))


@pytest.fixture
def of_300(extendable, access_admin, of):
    assert len(extendable) >= ROWS
    items = [of(row) for row in extendable[:ROWS]]
    order = place_order("EXTEND", items=items, by=access_admin, reason="T-1", parameters={}, now=timezone.now())
    start_order(order, by=access_admin, now=timezone.now())
    return order


def kill_a_worker_in_the_middle(sandbox, *, has_made):
    """It takes a hundred rows and is killed after a few, wherever it just is, as when a machine loses power."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database.settings_dict['NAME']}").geturl()
    hosts = {f"MICROSOFT_{host}_URL": sandbox.url for host in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
    env = {**os.environ, **hosts, "DATABASE_URL": url, "MICROSOFT_CA_BUNDLE": str(sandbox.ca_bundle)}
    env |= {"DJANGO_SETTINGS_MODULE": "csp_portal.settings", "LOG_LEVEL": "ERROR"}
    worker = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=env)
    wait_until(lambda: has_made() >= 5 or worker.poll() is not None, seconds=120)
    worker.kill()
    assert worker.wait() == -9, "the worker ended before it was killed"


def tallies(world, order):
    ids = order.items.values_list("relationship__microsoft_id", flat=True)
    return {pk: world.gdap_desk.calls_of(pk, "PATCH") for pk in ids}


def work():
    while claims := claim_items(limit=500):
        carry_out(claims, now=timezone.now())


def test_three_hundred_are_extended_past_conflicts_throttling_and_a_killed_worker(
    of_300, sandbox, sandbox_world, make_due
):
    kill_a_worker_in_the_middle(sandbox, has_made=lambda: len(sandbox_world.gdap_desk.tallies))
    touched = list(of_300.items.filter(state="WAITING", epoch=0).select_related("relationship")[:3])
    for item in touched:  # somebody renames it, or anything else that makes another version of it
        found = sandbox_world.gdap.find(item.relationship.microsoft_id)
        sandbox_world.gdap.touch(found)
    sandbox_world.gdap_desk.add_fault(WriteFault(answer=429, times=2, retry_after=1))

    work()
    make_due()
    work()
    make_due()
    work()

    of_300.refresh_from_db()
    states = list(of_300.items.values_list("state", flat=True))
    assert states.count("DONE") == ROWS, of_300.items.exclude(state="DONE").values_list("state", "problem")
    assert of_300.state == "DONE"
    found = tallies(sandbox_world, of_300)
    assert {tally.made for tally in found.values()} == {1}, "each was changed exactly once"
    calls = sum(tally.calls for tally in found.values())
    assert calls <= ROWS + 3 + 2  # the conflicts and the throttled ones were sent once more, nothing else was
    extended = Relationship.objects.filter(order_items__order=of_300, auto_extend_duration="P180D")
    assert extended.count() == ROWS
