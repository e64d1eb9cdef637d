"""Real worker processes, killed and cut off in the middle of their work; the next round is whole."""

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.world import World
from tests.health.private_portal import PrivatePortal, wait_until

pytestmark = pytest.mark.slow

TENANTS = 60
_ARRANGE = """
from csp_portal.microsoft.sandbox.world import World
from datetime import datetime, UTC
from customers.models import *
world = World(1, {tenants}, lambda: datetime.now(UTC))
partner = world.partner
row = Connection(name="A", cloud="custom", partner_tenant_id=partner.tenant_id, client_id=partner.client_id)
row.seal_secret("client_secret", partner.client_secret)
row.save()
made = Customer.objects.bulk_create(
    Customer(tenant_id=t.tenant_id, connection=row, cloud="custom", name=t.name, source="FILE") for t in world.tenants
)
Feed.objects.bulk_create(Feed(customer=c, kind="HEALTH", due_at=datetime.now(UTC)) for c in made)
"""
READ = "Feed.objects.filter(read_at__isnull=False, problem='').count()"
LET_THE_LEASE_PASS = "Feed.objects.update(due_at=F('due_at') - LEASE)"
TWICE = (
    "[Exposure.objects.count() - Exposure.objects.values('issue', 'customer').distinct().count(),"
    " StateChange.objects.count() - StateChange.objects.values('customer', 'service', 'after').distinct().count(),"
    " sum(i.exposed_customers for i in Issue.objects.all()) - Exposure.objects.filter(cleared_at=None).count()]"
)


@pytest.fixture(scope="module")
def world() -> World:
    return World(1, TENANTS, lambda: datetime.now(UTC))


@pytest.fixture(scope="module")
def server(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with SandboxServer(world, state_dir=tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="module")
def portal(server: SandboxServer) -> Iterator[PrivatePortal]:
    """Outside pytest's folders, which are closed to the user that PostgreSQL runs as where we are root."""
    hosts = {f"MICROSOFT_{host}_URL": server.url for host in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
    with tempfile.TemporaryDirectory(prefix="portal-") as folder:
        Path(folder).chmod(0o755)
        opened = PrivatePortal(Path(folder), microsoft={**hosts, "MICROSOFT_CA_BUNDLE": str(server.ca_bundle)})
        yield opened
        opened.close()


@pytest.fixture
def customers(portal: PrivatePortal, world: World) -> None:
    """Sixty customers never read, at tenants that take their time."""
    portal.flush_redis()
    portal.ask("[model.objects.all().delete()[0] for model in (Customer, Issue, Service, Connection)]")
    portal.manage("shell", "--no-imports", "-c", _ARRANGE.format(tenants=TENANTS))
    for tenant in world.tenants:
        tenant.slow_by = 0.4


def hurry(world: World) -> None:
    for tenant in world.tenants:
        tenant.slow_by = 0.0


def asked_for_health(server: SandboxServer) -> int:
    return len(server.requests_to("healthOverviews"))


def test_a_worker_killed_mid_batch_loses_nothing_and_doubles_nothing(portal, server, world, customers):
    server.forget_requests()
    worker = portal.start_worker()
    portal.ask("sweep.delay() and 0")
    wait_until(lambda: asked_for_health(server) >= 5)
    portal.kill(worker)
    hurry(world)
    read_before = portal.ask(READ)
    assert read_before < TENANTS
    portal.start_worker()
    portal.ask("sweep.delay() and 0")
    time.sleep(2)
    assert portal.ask(READ) == read_before  # the dead worker's feeds are still leased
    portal.ask(LET_THE_LEASE_PASS)
    portal.ask("sweep.delay() and 0")
    wait_until(lambda: portal.ask(READ) == TENANTS)
    assert portal.ask(TWICE) == [0, 0, 0]


def test_redis_flushed_between_sweep_and_poll_costs_one_lease_and_nothing_else(portal, server, world, customers):
    hurry(world)
    for worker in portal._workers:
        portal.kill(worker)
    portal.ask("sweep() or 0")  # taken and published, and nobody works
    portal.flush_redis()
    portal.start_worker()
    portal.ask("sweep.delay() and 0")
    time.sleep(2)
    assert portal.ask(READ) == 0
    portal.ask(LET_THE_LEASE_PASS)
    portal.ask("sweep.delay() and 0")
    wait_until(lambda: portal.ask(READ) == TENANTS)
    assert portal.ask(TWICE) == [0, 0, 0]


def test_postgresql_restarted_mid_sweep_costs_one_lease_and_nothing_else(portal, server, world, customers):
    for worker in portal._workers:
        portal.kill(worker)
    server.forget_requests()
    portal.start_worker()
    portal.ask("sweep.delay() and 0")
    wait_until(lambda: asked_for_health(server) >= 5)
    portal.restart_postgres()
    hurry(world)
    time.sleep(3)  # the batches under way come to their end, well or not
    portal.ask(LET_THE_LEASE_PASS)
    portal.ask("sweep.delay() and 0")  # by the same worker: its processes connect anew
    wait_until(lambda: portal.ask(READ) == TENANTS)
    assert portal.ask(TWICE) == [0, 0, 0]
