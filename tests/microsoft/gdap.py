"""The portal's clients of delegated administration at a sandbox whose clock stands still until a test moves it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from csp_portal.microsoft import gdap, gdap_writes
from csp_portal.microsoft.auth import Credential, MemoryTokenStore, TokenSource
from csp_portal.microsoft.clouds import Cloud, load_clouds
from csp_portal.microsoft.gdap_writes import Desk, NewRelationship
from csp_portal.microsoft.http import Http
from csp_portal.microsoft.login import DiscoveryCache
from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.world import World

READER, TICKETS, HELPDESK, GLOBAL = (
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "f023fd81-a637-4b56-95fd-791ac0226033",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "62e90394-69f5-4237-9190-012177145e10",
)
DAY = 86_400.0


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def cloud_of(server: SandboxServer) -> Cloud:
    hosts = {f"MICROSOFT_{host}_URL": server.url for host in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
    return load_clouds({**hosts, "MICROSOFT_CA_BUNDLE": server.ca_bundle})["custom"]


def source_of(world: World, *, cloud: Cloud, http: Http) -> TokenSource:
    partner = world.partner
    credential = Credential(
        cloud=cloud,
        client_id=partner.client_id,
        partner_tenant_id=partner.tenant_id,
        secret=partner.client_secret,
        key="x",
    )
    return TokenSource(credential, store=MemoryTokenStore(), http=http, discovery=DiscoveryCache(), clock=world.now)


@dataclass(kw_only=True)
class Partner:
    """The partner's side of a sandbox; `arguments` are those that every call takes."""

    world: World
    server: SandboxServer
    clock: Clock
    http: Http
    cloud: Cloud
    source: TokenSource
    names: int = 0

    @classmethod
    def begin(cls, *, state_dir: Path, tenants: int = 6) -> "Partner":
        clock = Clock()
        world = World(7, tenants, clock, weight="none")
        server = SandboxServer(world, state_dir=state_dir).start()
        http, cloud = Http(), cloud_of(server)
        source = source_of(world, cloud=cloud, http=http)
        return cls(world=world, server=server, clock=clock, http=http, cloud=cloud, source=source)

    @property
    def arguments(self) -> dict[str, Any]:
        token = self.source.app_token(self.world.partner.tenant_id, scope=self.cloud.graph_scope).value
        return {"cloud": self.cloud, "token": token}

    @property
    def desk(self) -> Desk:
        return Desk(http=self.http, may_write=lambda: None, **self.arguments)

    def new(self, **changes: Any) -> NewRelationship:
        self.names += 1
        values = {"name": f"Relationship {self.names}", "duration": "P30D", "role_ids": (READER, TICKETS)}
        return NewRelationship(**{**values, **changes})

    def create(self, **changes: Any) -> gdap.DelegatedAdminRelationship:
        return gdap_writes.create_relationship(self.desk, new=self.new(**changes))

    def read(self, relationship_id: str) -> gdap.DelegatedAdminRelationship:
        return gdap.read_delegated_admin_relationship(self.http, relationship_id=relationship_id, **self.arguments)

    def lock(self, relationship_id: str) -> None:
        gdap_writes.request_action(self.desk, relationship_id=relationship_id, action="lockForApproval")

    def approve(self, relationship_id: str, *, customer: int = 0) -> None:
        found = self.world.gdap.find(relationship_id)
        assert found is not None
        self.world.gdap.approve(found, tenant=self.world.tenants[customer])

    def active(self, **changes: Any) -> gdap.DelegatedAdminRelationship:
        """A new relationship that a customer has approved."""
        made = self.create(**changes)
        self.lock(made.id)
        self.approve(made.id)
        self.clock.move(2)
        return self.read(made.id)

    def assign(self, relationship_id: str, *, group: str = "Helpdesk", roles: tuple[str, ...] = (READER,)) -> Any:
        group_id = self.world.gdap.directory.named(group).id
        return gdap_writes.create_assignment(
            self.desk, relationship_id=relationship_id, group_id=group_id, role_ids=roles
        )

    def assignments(self, relationship_id: str) -> list[gdap.AccessAssignment]:
        return list(gdap.list_access_assignments(self.http, relationship_id=relationship_id, **self.arguments))
