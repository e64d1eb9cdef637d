"""Relationships are changed in the sandbox by the rules of Microsoft's reference."""

from datetime import UTC, datetime

import pytest

from csp_portal.microsoft.auth import Credential, MemoryTokenStore, TokenSource
from csp_portal.microsoft.clouds import load_clouds
from csp_portal.microsoft.errors import AccessDenied, Conflict, UnexpectedAnswer
from csp_portal.microsoft.gdap import list_delegated_admin_relationships
from csp_portal.microsoft.gdap_writes import Desk, set_auto_extend
from csp_portal.microsoft.login import DiscoveryCache
from csp_portal.microsoft.sandbox.roles import GLOBAL_ADMINISTRATOR
from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.world import World


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("sandbox-of-the-writes")


@pytest.fixture
def world():
    return World(seed=7, tenants=60, clock=lambda: datetime.now(UTC))


@pytest.fixture
def server(world, state_dir):
    with SandboxServer(world, state_dir=state_dir) as running:
        yield running


@pytest.fixture
def cloud(server):
    hosts = {f"MICROSOFT_{host}_URL": server.url for host in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
    return load_clouds({**hosts, "MICROSOFT_CA_BUNDLE": server.ca_bundle})["custom"]


@pytest.fixture
def token(world, cloud, http):
    partner = world.partner
    credential = Credential(
        cloud=cloud,
        client_id=partner.client_id,
        partner_tenant_id=partner.tenant_id,
        secret=partner.client_secret,
        key="x",
    )
    source = TokenSource(credential, store=MemoryTokenStore(), http=http, discovery=DiscoveryCache())
    return source.app_token(partner.tenant_id, scope=cloud.graph_scope).value


@pytest.fixture
def read_all(http, cloud, token):
    return lambda: list(list_delegated_admin_relationships(http, cloud=cloud, token=token))


@pytest.fixture
def relationships(read_all):
    return read_all()


@pytest.fixture
def change(http, cloud, token):
    def change_it(relationship, *, etag="", extends=True):
        return set_auto_extend(
            Desk(http=http, cloud=cloud, token=token, may_write=lambda: None),
            relationship_id=relationship.id,
            etag=etag or relationship.etag,
            extends=extends,
        )

    return change_it


def _one(relationships, **wanted):
    return next(
        one
        for one in relationships
        if GLOBAL_ADMINISTRATOR not in one.role_ids and all(getattr(one, n) == v for n, v in wanted.items())
    )


def test_a_change_is_made_read_back_and_logged(server, read_all, relationships, change):
    before = _one(relationships, status="active", auto_extend_duration="PT0S")

    after = change(before)

    assert after.auto_extend_duration == "P180D"
    assert after.etag != before.etag
    assert _one(read_all(), id=before.id) == after
    assert [(one.method, one.status) for one in server.writes()] == [("PATCH", 200)]


def test_an_etag_of_yesterday_is_a_conflict_and_changes_nothing(relationships, change, read_all):
    before = _one(relationships, status="active", auto_extend_duration="PT0S")
    change(before)

    with pytest.raises(Conflict):
        change(before, extends=False)

    assert _one(read_all(), id=before.id).auto_extend_duration == "P180D"


def test_what_has_ended_is_not_changed(relationships, change):
    with pytest.raises(Conflict, match=r"expired|terminated"):
        change(next(one for one in relationships if one.status in ("expired", "terminated")))


def test_global_administrator_is_never_extended(relationships, change):
    powerful = next(one for one in relationships if one.status == "active" and GLOBAL_ADMINISTRATOR in one.role_ids)

    with pytest.raises(UnexpectedAnswer, match="Global Administrator"):
        change(powerful)


def test_a_missing_permission_is_said(world, http, cloud, relationships):
    world.partner.permissions.discard("DelegatedAdminRelationship.ReadWrite.All")
    partner = world.partner
    credential = Credential(
        cloud=cloud,
        client_id=partner.client_id,
        partner_tenant_id=partner.tenant_id,
        secret=partner.client_secret,
        key="x",
    )
    source = TokenSource(credential, store=MemoryTokenStore(), http=http, discovery=DiscoveryCache())
    token = source.app_token(partner.tenant_id, scope=cloud.graph_scope).value

    with pytest.raises(AccessDenied, match=r"ReadWrite\.All"):
        set_auto_extend(
            Desk(http=http, cloud=cloud, token=token, may_write=lambda: None),
            relationship_id=relationships[0].id,
            etag=relationships[0].etag,
            extends=True,
        )


@pytest.mark.parametrize("path", ["tenantRelationships/delegatedAdminCustomers", "organization", "contracts"])
def test_the_rest_of_the_sandbox_stays_read_only(http, cloud, token, path):
    with pytest.raises(UnexpectedAnswer, match="405"):
        http.write(
            "POST", f"{cloud.graph_url}/v1.0/{path}", cloud=cloud, token=token, may_write=lambda: None, json={"a": 1}
        )
