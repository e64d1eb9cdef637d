"""What the tests share: a running sandbox, a connection to it, its customers, and the people who work here."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.utils import timezone, translation

from csp_portal.accounts.models import Role, User
from csp_portal.microsoft.clouds import load_clouds
from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.world import World
from customers.models import Connection, Customer, Feed
from tests.migrated import pattern
from tests.receiver import authority, ca_bundle, nearby, receiver

TENANTS = 12
PASSKEY = {"method": "mfa", "type": "webauthn"}  # proofs as allauth keeps them in the session
PASSWORD = {"method": "password"}

__all__ = ["authority", "ca_bundle", "nearby", "receiver"]  # fixtures


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Side by side a file stays together, and all tests with a browser share one portal.

    Those with a browser, and the slow ones that start and kill whole processes, get a second try, which the report
    names: a machine that is busy with a portal, its workers and Chromium at once may keep one of them waiting for
    longer than any test should wait.
    """
    for item in items:
        group = "browser" if "browser" in item.path.parts else str(item.path.relative_to(config.rootpath))
        item.add_marker(pytest.mark.xdist_group(group))
        if item.get_closest_marker("browser") or item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """The test client runs in this thread: a page answered in Chinese would leave the next test Chinese."""
    yield
    translation.activate("en")


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Django's own hasher with few rounds: at full strength a quarter of the suite's time would go into hashing.

    Tests in the browser sign in to a portal with the rounds that ship.
    """
    settings.PASSWORD_HASHERS = ["tests.counting_hasher.CountingHasher"]


@pytest.fixture(autouse=True)
def drawn_anew(settings: Any) -> None:
    """What a test has just changed is on the next page; that pictures are shared is shown in tests of its own."""
    settings.PICTURE_SECONDS = 0


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """The test database is a copy of a migrated one, where the server is the suite's own."""
    if "PORTAL_EMBEDDED" in os.environ:
        database.settings_dict["TEST"]["TEMPLATE"] = pattern()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests that commit are cleaned up after with TRUNCATE, which the audit refuses until a test says otherwise."""
    with django_db_blocker.unblock(), database.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_refuse_truncate")


@pytest.fixture
def portal_role(db: None) -> None:
    """To the end of the test the database knows us as the role that the portal works as, and the audit as it ships."""
    with database.cursor() as cursor:
        cursor.execute((Path(__file__).parent.parent / "deploy" / "postgres.sql").read_text())
        cursor.execute("ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_refuse_truncate")
        cursor.execute("SET ROLE portal")


@pytest.fixture(scope="session")
def sandbox_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the sandbox's CA, so that it is made once."""
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture
def sandbox_world() -> World:
    return World(seed=1, tenants=TENANTS, clock=lambda: datetime.now(UTC))


@pytest.fixture
def sandbox(sandbox_world: World, sandbox_state: Path, settings: Any) -> Iterator[SandboxServer]:
    """The sandbox of this test, and the custom cloud in the settings that points at it."""
    with SandboxServer(sandbox_world, state_dir=sandbox_state) as server:
        hosts = {f"MICROSOFT_{host}_URL": server.url for host in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
        settings.MICROSOFT_CLOUDS = load_clouds({**hosts, "MICROSOFT_CA_BUNDLE": str(server.ca_bundle)})
        yield server


@pytest.fixture
def connection(db: None, sandbox: SandboxServer, sandbox_world: World) -> Connection:
    partner = sandbox_world.partner
    connection = Connection(
        name="Sandbox",
        cloud="custom",
        partner_tenant_id=partner.tenant_id,
        client_id=partner.client_id,
        signs_in_staff=True,
        secret_expires_on=timezone.now().date() + timedelta(days=365),
    )
    connection.seal_secret("client_secret", partner.client_secret)
    connection.save()
    return connection


@pytest.fixture
def customers(connection: Connection, sandbox_world: World) -> list[Customer]:
    """Every tenant of the sandbox as a customer whose health has never been read."""
    rows = Customer.objects.bulk_create(
        Customer(
            tenant_id=tenant.tenant_id,
            connection=connection,
            cloud=connection.cloud,
            name=tenant.name,
            domain=tenant.domain,
            initial_domain=tenant.initial_domain,
            source=Customer.Source.PARTNER_CENTER,
        )
        for tenant in sandbox_world.tenants
    )
    Feed.objects.bulk_create(Feed(customer=row, kind=kind, due_at=timezone.now()) for row in rows for kind in Feed.Kind)
    return rows


def _person(role: Role) -> User:
    return User.objects.create_local(
        f"{role.lower()}@partner.example", name=str(role.label), role=role, password="correct horse battery"
    )


@pytest.fixture
def owner(db: None) -> User:
    return _person(Role.OWNER)


@pytest.fixture
def access_admin(db: None) -> User:
    return _person(Role.ACCESS_ADMIN)


@pytest.fixture
def support_agent(db: None) -> User:
    return _person(Role.SUPPORT_AGENT)


@pytest.fixture
def viewer(db: None) -> User:
    return _person(Role.VIEWER)


@pytest.fixture
def nobody(db: None) -> User:
    return _person(Role.NONE)


@pytest.fixture
def signed_in() -> Callable[..., Client]:
    """A browser in which the person is signed in, with a passkey just now; `proofs` says what was shown instead."""

    def sign_in(user: User, *, proofs: tuple[dict[str, Any], ...] = (PASSKEY,)) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session["account_authentication_methods"] = [{"at": time.time(), **proof} for proof in proofs]
        session["account_authentication_methods_user"] = str(user.pk)
        now = timezone.now().isoformat()
        session["session_facts"] = {"address": "127.0.0.1", "device": "", "began_at": now, "seen_at": now}
        session.save()
        return client

    return sign_in


@pytest.fixture
def as_owner(owner: User, signed_in: Callable[..., Client]) -> Client:
    return signed_in(owner)


@pytest.fixture
def as_agent(support_agent: User, signed_in: Callable[..., Client]) -> Client:
    return signed_in(support_agent)


@pytest.fixture
def as_viewer(viewer: User, signed_in: Callable[..., Client]) -> Client:
    return signed_in(viewer)


@pytest.fixture
def as_nobody(nobody: User, signed_in: Callable[..., Client]) -> Client:
    return signed_in(nobody)
