"""The sandbox's answers against Microsoft's own words: the OpenAPI file, and the keys of the documented samples."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS30Validator

from csp_portal.microsoft.sandbox.world import World

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "reference"
pytestmark = pytest.mark.skipif(
    not REFERENCE.exists(), reason="../shared is absent: Microsoft's schema and samples are not in this checkout"
)

HEALTH = "/v1.0/admin/serviceAnnouncement"
RELATIONS = "/v1.0/tenantRelationships"
PARTNER_CENTER = "partnercenter_v1_"


@pytest.fixture(scope="module")
def components():
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((REFERENCE / "graph-openapi-cut.yaml").read_text(), Loader=loader)["components"]


@pytest.fixture
def world(clock):
    world = World(3, 40, clock)
    for service in ("Exchange Online", "Microsoft 365 suite"):  # so that everybody has something to show
        world.break_service(service).restore()
    return world


@pytest.fixture
def customer(world):
    """A customer with issues; not the last one, whose unheard-of status breaks the schema on purpose."""
    return max(world.tenants[:-1], key=lambda tenant: len(world.issues_of(tenant, now=world.now()))).tenant_id


@pytest.fixture
def read(wire, world, customer):
    """Reads a path with its placeholders filled, from the tenant that it belongs to."""

    def _read(path: str) -> Any:
        if "{issue}" in path:
            path = path.format(issue=sorted(wire.issue_ids(customer))[0])
        if "{relationship}" in path:
            listed = wire.partner(f"{RELATIONS}/delegatedAdminRelationships?$filter=status eq 'active'").json()
            path = path.format(relationship=listed["value"][0]["id"])
        path = path.replace("{customer}", customer)
        is_partners = path.startswith((RELATIONS, "/v1.0/contracts", "/v1/"))
        answer = wire.get(world.partner.tenant_id if is_partners else customer, path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return _read


COLLECTIONS = [
    (f"{HEALTH}/healthOverviews", "serviceHealthCollectionResponse"),
    (f"{HEALTH}/healthOverviews?$expand=issues", "serviceHealthCollectionResponse"),
    (f"{HEALTH}/healthOverviews/Exchange Online", "serviceHealth"),
    (f"{HEALTH}/healthOverviews/Exchange Online?$expand=issues", "serviceHealth"),
    (f"{HEALTH}/healthOverviews/Exchange Online/issues", "serviceHealthIssueCollectionResponse"),
    (f"{HEALTH}/issues", "serviceHealthIssueCollectionResponse"),
    (f"{HEALTH}/issues/{{issue}}", "serviceHealthIssue"),
    (f"{HEALTH}/messages", "serviceUpdateMessageCollectionResponse"),
    (f"{HEALTH}/messages/MC1190452", "serviceUpdateMessage"),
    ("/v1.0/contracts", "contractCollectionResponse"),
    ("/v1.0/organization", "organizationCollectionResponse"),
    ("/v1.0/domains", "domainCollectionResponse"),
    ("/v1.0/subscribedSkus", "subscribedSkuCollectionResponse"),
    (f"{RELATIONS}/delegatedAdminCustomers", "delegatedAdminCustomerCollectionResponse"),
    (f"{RELATIONS}/delegatedAdminCustomers/{{customer}}", "delegatedAdminCustomer"),
    (
        f"{RELATIONS}/delegatedAdminCustomers/{{customer}}/serviceManagementDetails",
        "delegatedAdminServiceManagementDetailCollectionResponse",
    ),
    (f"{RELATIONS}/delegatedAdminRelationships", "delegatedAdminRelationshipCollectionResponse"),
    (f"{RELATIONS}/delegatedAdminRelationships/{{relationship}}", "delegatedAdminRelationship"),
    (
        f"{RELATIONS}/delegatedAdminRelationships/{{relationship}}/accessAssignments",
        "delegatedAdminAccessAssignmentCollectionResponse",
    ),
    (
        f"{RELATIONS}/delegatedAdminRelationships/{{relationship}}/requests",
        "delegatedAdminRelationshipRequestCollectionResponse",
    ),
    (
        f"{RELATIONS}/delegatedAdminRelationships/{{relationship}}/operations",
        "delegatedAdminRelationshipOperationCollectionResponse",
    ),
]


def problems_of(answer: Any, schema: str, components: dict[str, Any]) -> list[str]:
    root = {"$ref": f"#/components/schemas/microsoft.graph.{schema}", "components": components}
    return [f"{list(error.absolute_path)}: {error.message}" for error in OAS30Validator(root).iter_errors(answer)]


@pytest.mark.parametrize(("path", "schema"), COLLECTIONS)
def test_an_answer_keeps_to_microsofts_schema(read, components, path, schema):
    answer = read(path)

    assert answer.get("value", True), "an empty collection would prove nothing"
    assert problems_of(answer, schema, components) == []


def test_the_schema_check_would_notice_a_wrong_enum(read, components):
    answer = read(f"{HEALTH}/healthOverviews")
    answer["value"][0]["status"] = "ServiceOperational"

    assert problems_of(answer, "serviceHealthCollectionResponse", components) != []


def test_the_tenant_with_the_unheard_of_status_is_the_only_one_that_breaks_the_schema(wire, world, components):
    answers = {tenant.index: wire.health(tenant.tenant_id).json() for tenant in world.tenants}
    broken = [
        index for index, answer in answers.items() if problems_of(answer, "serviceHealthCollectionResponse", components)
    ]

    assert broken == [world.tenants[-1].index]


def test_an_error_keeps_to_microsofts_schema(wire, world, components):
    world.tenants[0].fail_with = 403

    answer = wire.health(world.tenants[0].tenant_id).json()

    assert problems_of(answer, "ODataErrors.ODataError", components) == []


SAMPLES = [
    ("admin_serviceAnnouncement_healthOverviews", f"{HEALTH}/healthOverviews"),
    ("admin_serviceAnnouncement_healthOverviews__expand_issues", f"{HEALTH}/healthOverviews?$expand=issues"),
    ("admin_serviceAnnouncement_healthOverviews_id", f"{HEALTH}/healthOverviews/Microsoft 365 suite"),
    (
        "admin_serviceAnnouncement_healthOverviews_id__expand_issues",
        f"{HEALTH}/healthOverviews/Microsoft 365 suite?$expand=issues",
    ),
    ("admin_serviceAnnouncement_issues", f"{HEALTH}/issues?$top=1"),
    ("admin_serviceAnnouncement_issues_id", f"{HEALTH}/issues/{{issue}}"),
    ("admin_serviceAnnouncement_messages", f"{HEALTH}/messages?$top=2"),
    ("admin_serviceAnnouncement_messages_id", f"{HEALTH}/messages/MC1190452"),
    ("contracts", "/v1.0/contracts"),
    ("domains", "/v1.0/domains"),
    ("subscribedSkus", "/v1.0/subscribedSkus"),
    ("tenantRelationships_delegatedAdminCustomers", f"{RELATIONS}/delegatedAdminCustomers"),
    (
        "tenantRelationships_delegatedAdminCustomers_id_serviceManagementDetails",
        f"{RELATIONS}/delegatedAdminCustomers/{{customer}}/serviceManagementDetails",
    ),
    ("tenantRelationships_delegatedAdminRelationships", f"{RELATIONS}/delegatedAdminRelationships"),
    (
        "tenantRelationships_delegatedAdminRelationships_id_accessAssignments",
        f"{RELATIONS}/delegatedAdminRelationships/{{relationship}}/accessAssignments",
    ),
    (
        "tenantRelationships_delegatedAdminRelationships_id_requests",
        f"{RELATIONS}/delegatedAdminRelationships/{{relationship}}/requests",
    ),
    (
        "tenantRelationships_delegatedAdminRelationships_id_operations",
        f"{RELATIONS}/delegatedAdminRelationships/{{relationship}}/operations",
    ),
    (f"{PARTNER_CENTER}customers", "/v1/customers?size=10"),
    (f"{PARTNER_CENTER}customers_id", "/v1/customers/{customer}"),
]

# Only a reseller's own relationships of the indirect model have these; the sandbox's partner is a direct one.
INDIRECT = {"value[].isPartnerConsentPending", "value[].indirectProviderTenantId"}


def key_paths(value: Any, *, at: str = "") -> Iterator[str]:
    """Every key of a JSON value by its path, lists taken as one."""
    if isinstance(value, list):
        for item in value:
            yield from key_paths(item, at=f"{at}[]")
    elif isinstance(value, dict):
        for key, item in value.items():
            path = f"{at}.{key}".lstrip(".")
            yield path
            yield from key_paths(item, at=path)


@pytest.mark.parametrize(("sample", "path"), SAMPLES)
def test_an_answer_has_every_key_of_microsofts_sample(read, sample, path):
    documented = set(key_paths(json.loads((REFERENCE / "graph-samples" / f"{sample}.json").read_text())))

    assert documented - set(key_paths(read(path))) - INDIRECT == set()


def test_an_organization_has_every_key_of_microsofts_sample(read):
    documented = set(key_paths(json.loads((REFERENCE / "graph-samples" / "organization_id.json").read_text())))

    assert documented - {"@odata.context"} - set(key_paths(read("/v1.0/organization")["value"][0])) == set()
