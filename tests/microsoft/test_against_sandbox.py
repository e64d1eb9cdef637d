"""The clients against the sandbox: the whole way from sign-in to data, and every fault it can play."""

import json
from datetime import UTC, datetime

import pytest
import requests

from csp_portal.microsoft.auth import Credential, MemoryTokenStore, TokenSource
from csp_portal.microsoft.clouds import load_clouds
from csp_portal.microsoft.errors import AccessDenied, Cause, Throttled, Unavailable, UnexpectedAnswer
from csp_portal.microsoft.gdap import list_access_assignments, list_delegated_admin_relationships
from csp_portal.microsoft.graph import (
    list_contracts,
    list_delegated_admin_customers,
    list_service_management_details,
    read_health,
    read_organization,
)
from csp_portal.microsoft.login import DiscoveryCache
from csp_portal.microsoft.partner_center import list_customers
from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.world import World
from csp_portal.microsoft.sign_in import SignInRefused, finish_sign_in, start_sign_in

pytestmark = pytest.mark.filterwarnings("ignore:response_mode=")  # pytest puts its own filters before ours

REDIRECT = "https://portal.test/callback/"


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("sandbox-of-the-clients")


@pytest.fixture
def world():
    return World(seed=7, tenants=5, clock=lambda: datetime.now(UTC))


@pytest.fixture
def server(world, state_dir):
    with SandboxServer(world, state_dir=state_dir) as running:
        yield running


@pytest.fixture
def cloud(server):
    hosts = {f"MICROSOFT_{host}_URL": server.url for host in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
    return load_clouds({**hosts, "MICROSOFT_CA_BUNDLE": server.ca_bundle})["custom"]


@pytest.fixture
def credential(world, cloud):
    partner = world.partner
    return Credential(
        cloud=cloud,
        client_id=partner.client_id,
        partner_tenant_id=partner.tenant_id,
        secret=partner.client_secret,
        key="sandbox",
    )


@pytest.fixture
def source(credential, http):
    return TokenSource(credential, store=MemoryTokenStore(), http=http, discovery=DiscoveryCache())


@pytest.fixture
def partner_token(source, world, cloud):
    return source.app_token(world.partner.tenant_id, scope=cloud.graph_scope).value


@pytest.fixture
def health_of(source, http, cloud):
    def read(tenant):
        token = source.app_token(tenant.tenant_id, scope=cloud.graph_scope)
        return read_health(http, cloud=cloud, token=token.value)

    return read


def pick(url, person, *, ca_bundle):
    """What a browser does on the account picker; the query of the redirect comes back."""
    answer = requests.post(url, data={"person": person}, verify=ca_bundle, allow_redirects=False, timeout=60)
    query = requests.compat.urlsplit(answer.headers["Location"]).query
    return dict(requests.compat.unquote(pair).split("=", 1) for pair in query.split("&"))


def test_health_is_read_for_every_tenant_with_one_discovery(world, server, health_of):
    broken = world.break_service("Exchange Online", tenants=world.tenants[:2], title="Mail is late")
    hit = [any(one.id == broken.id for s in health_of(t).services() for one in s.issues) for t in world.tenants]
    assert hit == [True, True, False, False, False]
    assert server.counts["discovery"] == 1
    assert server.counts["token"] == server.counts["graph"] == 5


def test_an_unchanged_tenant_has_the_same_fingerprint_and_a_new_post_another(world, health_of):
    tenant = world.tenants[0]
    broken = world.break_service("Exchange Online", tenants=[tenant], title="Mail is late")
    first = health_of(tenant).fingerprint()
    assert health_of(tenant).fingerprint() == first
    broken.post("<p>We found the cause.</p>")
    assert health_of(tenant).fingerprint() != first


def test_health_in_small_pages_is_the_same_answer(world, health_of):
    tenant = world.tenants[0]
    whole = health_of(tenant)
    tenant.page_size = 4
    assert health_of(tenant).fingerprint() == whole.fingerprint()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"throttled_for": 120}, Throttled),
        ({"fail_with": 401}, AccessDenied),
        ({"fail_with": 403}, AccessDenied),
        ({"fail_with": 500}, Unavailable),
        ({"reset_connection": True}, Unavailable),
        ({"truncate_json": True}, Unavailable),
        ({"next_link": "https://evil.example/v1.0/more"}, UnexpectedAnswer),
        ({"token_fault": "429"}, Throttled),
        ({"token_fault": "503"}, (Throttled, Unavailable)),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_a_fault_of_the_sandbox_is_one_of_the_four_errors(world, health_of, fault, error):
    for name, value in fault.items():
        setattr(world.tenants[0], name, value)
    with pytest.raises(error):
        health_of(world.tenants[0])
    assert health_of(world.tenants[1]).services()


def test_a_throttled_tenant_says_how_long(world, health_of):
    world.tenants[0].throttled_for = 120
    with pytest.raises(Throttled) as caught:
        health_of(world.tenants[0])
    assert 118 <= caught.value.retry_after <= 120


def test_missing_consent_is_told_by_its_code(world, health_of):
    world.tenants[0].consent_missing = True
    with pytest.raises(AccessDenied) as caught:
        health_of(world.tenants[0])
    assert (caught.value.cause, caught.value.code) == (Cause.CONSENT_MISSING, "AADSTS65001")


def test_a_tenant_that_does_not_exist_is_told_so(source, cloud):
    with pytest.raises(AccessDenied) as caught:
        source.app_token("00000000-0000-0000-0000-00000000dead", scope=cloud.graph_scope)
    assert caught.value.cause is Cause.TENANT_NOT_FOUND


def test_an_empty_answer_is_read_as_empty(world, health_of):
    world.tenants[0].empty_answer = True
    assert health_of(world.tenants[0]).services() == ()


def test_customers_come_from_three_places(world, http, cloud, source, partner_token):
    expected = {tenant.tenant_id for tenant in world.tenants}
    contracts = list_contracts(http, cloud=cloud, token=partner_token)
    delegated = list_delegated_admin_customers(http, cloud=cloud, token=partner_token)
    token = source.app_token(world.partner.tenant_id, scope=cloud.partner_center_scope).value
    bought = list_customers(http, cloud=cloud, token=token, page_size=2)
    assert {contract.customer_id for contract in contracts} == expected
    assert {customer.tenant_id for customer in delegated} <= expected
    assert {customer.tenant_id for customer in bought} == expected


def test_gdap_and_admin_links_and_the_organization_are_read(world, http, cloud, partner_token):
    relationships = list(list_delegated_admin_relationships(http, cloud=cloud, token=partner_token))
    assert {one.customer_tenant_id for one in relationships} <= {tenant.tenant_id for tenant in world.tenants}
    active = next(one for one in relationships if one.status == "active")
    assignments = list(list_access_assignments(http, cloud=cloud, token=partner_token, relationship_id=active.id))
    assert all(one.group_id for one in assignments)
    links = list_service_management_details(http, cloud=cloud, token=partner_token, tenant_id=active.customer_tenant_id)
    assert all(link.url.startswith("https://") for link in links)
    assert read_organization(http, cloud=cloud, token=partner_token).id == world.partner.tenant_id


def test_a_member_of_staff_signs_in_with_the_account_picker(world, http, credential, server):
    person = world.partner.people[0]
    url, flow = start_sign_in(credential, redirect_uri=REDIRECT, http=http)
    answer = pick(url, person.object_id, ca_bundle=server.ca_bundle)
    found = finish_sign_in(credential, flow=flow, answer=answer, http=http)
    assert (found.tenant_id, found.object_id) == (world.partner.tenant_id, person.object_id)
    assert (found.name, found.email, found.refresh_token) == (person.name, person.email, None)
    with pytest.raises((AccessDenied, SignInRefused)):
        finish_sign_in(credential, flow=flow, answer=answer, http=http)


def test_an_admin_agent_consents_once_and_the_refresh_token_reads_every_customer(
    world, http, credential, server, source
):
    agent = next(person for person in world.partner.people if "mfa" in person.methods)
    url, flow = start_sign_in(credential, redirect_uri=REDIRECT, extra_scopes=[credential.cloud.graph_scope], http=http)
    answer = pick(url, agent.object_id, ca_bundle=server.ca_bundle)
    refresh_token = finish_sign_in(credential, flow=flow, answer=answer, http=http).refresh_token
    assert refresh_token
    for tenant in world.tenants[:3]:
        token, rotated = source.delegated_token(
            tenant.tenant_id, scope=credential.cloud.graph_scope, refresh_token=refresh_token
        )
        assert rotated and rotated != refresh_token
        refresh_token = rotated
        assert read_health(http, cloud=credential.cloud, token=token.value).services()
