"""A small world with a clock that the test moves, its server, and a bare client of the wire."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.world import World


@dataclass
class Clock:
    now: datetime = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Wire:
    """Speaks to the sandbox as any HTTP client would, without a line of the portal's own clients."""

    server: SandboxServer
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False  # REQUESTS_CA_BUNDLE would win over the sandbox's CA
        self.session.verify = self.server.ca_bundle

    def call(self, method: str, path: str, **options) -> requests.Response:
        url = path if path.startswith("https://") else self.server.url + path
        return self.session.request(method, url, timeout=60, allow_redirects=False, **options)

    def ask_token(self, tenant: str, **form: str) -> requests.Response:
        partner = self.server.world.partner
        credentials = {"client_id": partner.client_id, "client_secret": partner.client_secret}
        return self.call("POST", f"/{tenant}/oauth2/v2.0/token", data={**credentials, **form})

    def token(self, tenant: str) -> str:
        form = {"grant_type": "client_credentials", "scope": f"{self.server.url}/.default"}
        return str(self.ask_token(tenant, **form).json()["access_token"])

    def get(self, tenant: str, path: str, **headers: str) -> requests.Response:
        return self.call("GET", path, headers={"Authorization": f"Bearer {self.token(tenant)}", **headers})

    def health(self, tenant: str) -> requests.Response:
        return self.get(tenant, "/v1.0/admin/serviceAnnouncement/healthOverviews?$expand=issues")

    def issue_ids(self, tenant: str) -> set[str]:
        return {issue["id"] for service in self.health(tenant).json()["value"] for issue in service["issues"]}

    def partner(self, path: str, **headers: str) -> requests.Response:
        return self.get(self.server.world.partner.tenant_id, path, **headers)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    return World(3, 8, clock, weight="none")


@pytest.fixture(scope="session")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wire")


@pytest.fixture
def server(world: World, state_dir: Path) -> Iterator[SandboxServer]:
    with SandboxServer(world, state_dir=state_dir) as running:
        yield running


@pytest.fixture
def wire(server: SandboxServer) -> Wire:
    return Wire(server)


@pytest.fixture
def contoso(world: World) -> str:
    """The tenant id of the first customer."""
    return world.tenants[0].tenant_id


@pytest.fixture
def fabrikam(world: World) -> str:
    """The tenant id of the second customer."""
    return world.tenants[1].tenant_id
