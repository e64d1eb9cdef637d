"""The stop switch is pressed during bulk writes of several processes: what reaches the sandbox, and when."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.world import World
from tests.health.private_portal import PrivatePortal

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, THREADS = 2, 4
pytestmark = pytest.mark.slow

_SET_UP = """
from customers.models import *
from csp_portal.accounts.models import *
owner = User.objects.create_local("o@partner.example", name="Olga", role=Role.OWNER, password="correct horse battery")
partner_tenant, client, secret, tenants = {world!r}
connection = Connection(name="Sandbox", cloud="custom", partner_tenant_id=partner_tenant, client_id=client)
connection.seal_secret("client_secret", secret)
connection.save()
Customer.objects.bulk_create(
    Customer(tenant_id=t, connection=connection, cloud="custom", name=t, source="PARTNER_CENTER") for t in tenants
)
"""
# What a bulk action of the portal does, only without mercy: refused or not, it goes on trying until it is killed.
_BULK = """
import itertools, threading, time
from customers.models import *
from customers.connections import Access
from customers.writes import *
from csp_portal.microsoft.errors import MicrosoftError
from csp_portal.microsoft.gdap import list_delegated_admin_relationships
from csp_portal.microsoft.gdap_writes import Desk, set_auto_extend
connection = Connection.objects.get()
access = Access(connection)
token = access.partner_token(access.cloud.graph_scope).value
era = read_switch().era
customers = {{str(c.tenant_id): c for c in Customer.objects.all()}}
found = [
    r for r in list_delegated_admin_relationships(access.http, cloud=access.cloud, token=token)
    if r.status == "active" and "62e90394-69f5-4237-9190-012177145e10" not in r.role_ids
]
share = found[{number}::{processes}]

def work(mine):
    ours = {{r.id: r for r in mine}}
    for relationship_id in itertools.cycle(list(ours)):
        r = ours[relationship_id]
        try:
            ours[r.id] = set_auto_extend(
                Desk(
                    http=access.http, cloud=access.cloud, token=token,
                    may_write=permit(customers[r.customer_tenant_id], era=era, has_second_approval=True),
                ),
                relationship_id=r.id, etag=r.etag, extends=r.auto_extend_duration == "PT0S",
            )
        except WritesStopped as stopped:
            print("stopped:", stopped, flush=True)
            time.sleep(0.02)
        except MicrosoftError as error:
            print("error:", error, flush=True)

threads = [threading.Thread(target=work, args=(share[n::{threads}],)) for n in range({threads})]
[t.start() for t in threads]
"""
_PRESS = """
import time
from django.utils import timezone
from csp_portal.accounts.models import User
from customers.writes import *
press_stop(by=User.objects.get(), reason="Strange changes.", now=timezone.now())
print("pressed", time.time())
"""
_RELEASE = """
from csp_portal.accounts.models import User
from customers.writes import *
release_stop(by=User.objects.get())
"""


@pytest.fixture
def world() -> World:
    return World(seed=5, tenants=40, clock=lambda: datetime.now(UTC))


@pytest.fixture
def sandbox(world: World, sandbox_state: Path) -> Iterator[SandboxServer]:
    with SandboxServer(world, state_dir=sandbox_state) as server:
        yield server


@pytest.fixture
def portal(sandbox: SandboxServer, world: World, tmp_path: Path) -> Iterator[PrivatePortal]:
    hosts = {f"MICROSOFT_{host}_URL": sandbox.url for host in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
    portal = PrivatePortal(tmp_path / "portal", microsoft={**hosts, "MICROSOFT_CA_BUNDLE": sandbox.ca_bundle})
    try:
        partner = world.partner
        tenants = [tenant.tenant_id for tenant in world.tenants]
        facts = (partner.tenant_id, partner.client_id, partner.client_secret, tenants)
        _run(portal, _SET_UP.format(world=facts))
        yield portal
    finally:
        portal.close()


def _run(portal: PrivatePortal, code: str) -> str:
    return portal.manage("shell", "--no-imports", "-c", code)


def _start_bulk(portal: PrivatePortal, log: Path) -> "list[subprocess.Popen[bytes]]":
    commands = [_BULK.format(number=n, processes=PROCESSES, threads=THREADS) for n in range(PROCESSES)]
    with log.open("ab") as output:
        return [
            subprocess.Popen(
                [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
                env=portal.env,
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            for code in commands
        ]


def _stop(processes: "list[subprocess.Popen[bytes]]") -> None:
    for process in processes:
        process.kill()
        process.wait()


def _wait_for_writes(sandbox: SandboxServer, count: int, *, after: float = 0.0) -> None:
    deadline = time.monotonic() + 240
    while sum(one.at > after and one.status == 200 for one in sandbox.writes()) < count:
        assert time.monotonic() < deadline, "the bulk writes did not get going"
        time.sleep(0.1)


def test_nothing_is_written_five_seconds_after_the_switch_nor_after_its_release(portal, sandbox, tmp_path):
    log = tmp_path / "bulk.log"
    bulk = _start_bulk(portal, log)
    try:
        _wait_for_writes(sandbox, 200)
        told = _run(portal, _PRESS)
        pressed_at = float(next(line for line in told.splitlines() if line.startswith("pressed")).split()[1])
        time.sleep(6)
        _run(portal, _RELEASE)
        released_at = time.time()
        time.sleep(3)
        assert all(process.poll() is None for process in bulk), "they must have gone on trying"
    finally:
        _stop(bulk)
    writes = sandbox.writes()
    last = max(one.at for one in writes)
    print(f"{len(writes)} writes; the last one {last - pressed_at:+.2f} s after the switch was pressed")
    assert len(writes) >= 200
    assert last <= pressed_at + 5
    assert not [one for one in writes if one.at >= released_at]
    refused = log.read_text()
    assert "are stopped: Strange changes." in refused
    assert "order it anew" in refused

    again = _start_bulk(portal, log)  # a person orders the work anew
    try:
        _wait_for_writes(sandbox, 20, after=released_at)
    finally:
        _stop(again)
