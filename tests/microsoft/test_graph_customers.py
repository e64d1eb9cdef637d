"""What Microsoft Graph tells about customers and what they let us do."""

import json
from datetime import UTC, datetime

import pytest

from csp_portal.microsoft.errors import UnexpectedAnswer
from csp_portal.microsoft.gdap import (
    AccessAssignment,
    DelegatedAdminRelationship,
    list_access_assignments,
    list_delegated_admin_relationships,
)
from csp_portal.microsoft.graph import (
    Contract,
    Organization,
    list_contracts,
    list_delegated_admin_customers,
    list_service_management_details,
    read_organization,
)

TOKEN = "a-token"
RELATIONSHIPS = "/v1.0/tenantRelationships/delegatedAdminRelationships"


def test_contracts_are_read_from_the_sample(http, microsoft, sample):
    microsoft.answer("/v1.0/contracts", sample("contracts"))
    assert list(list_contracts(http, cloud=microsoft.cloud(), token=TOKEN)) == [
        Contract(customer_id="customerId-value", name="displayName-value", domain="defaultDomainName-value")
    ]


def test_delegated_admin_customers_are_read_from_the_sample(http, microsoft, sample):
    microsoft.answer(
        "/v1.0/tenantRelationships/delegatedAdminCustomers", sample("tenantRelationships_delegatedAdminCustomers")
    )
    found = list(list_delegated_admin_customers(http, cloud=microsoft.cloud(), token=TOKEN))
    assert [(customer.tenant_id, customer.name) for customer in found] == [
        ("4fdbff88-9d6b-42e0-9713-45c922ba8001", "Contoso Inc"),
        ("1c0fa218-5dec-49db-8247-cfa457af8116", "Contoso subsidiary Inc"),
    ]


def test_service_management_links_are_read_from_the_sample(http, microsoft, sample):
    path = "/v1.0/tenantRelationships/delegatedAdminCustomers/4fdb/serviceManagementDetails"
    microsoft.answer(path, sample("tenantRelationships_delegatedAdminCustomers_id_serviceManagementDetails"))
    found = list_service_management_details(http, cloud=microsoft.cloud(), token=TOKEN, tenant_id="4fdb")
    assert [link.name for link in found] == [
        "Azure Active Directory",
        "Microsoft 365 Lighthouse",
        "Dynamics 365 Business Central",
        "Teams",
    ]
    assert found[3].url == "https://admin.teams.microsoft.com/?delegatedOrg=contoso.onmicrosoft.com"


def test_relationships_are_read_from_the_sample(http, microsoft, sample):
    microsoft.answer(RELATIONSHIPS, sample("tenantRelationships_delegatedAdminRelationships"))
    found = list(list_delegated_admin_relationships(http, cloud=microsoft.cloud(), token=TOKEN))
    assert [relationship.status for relationship in found] == ["active", "terminated", "approvalPending"]
    assert found[0].etag.startswith('W/"')
    assert found[0].ends_at == datetime(2024, 2, 10, 11, 24, 42, 314826, tzinfo=UTC)
    assert found[1].role_ids == ("29232cdf-9323-42fd-ade2-1d097af3e4de", "3a2c62db-5318-420d-8d74-23affee5d9d5")
    assert found[2].activated_at is None
    assert found[2].is_partner_consent_pending
    assert found[2].indirect_provider_tenant_id == "60ea59db-a506-485e-94c5-d115f369e239"
    assert microsoft.seen[0].query == {"$top": "300"}


def test_a_new_relationship_with_an_empty_activation_date_is_read(sample):
    raw = json.loads(sample("tenantRelationships_delegatedAdminRelationships__POST_201"))
    created = DelegatedAdminRelationship.from_json(raw)
    assert (created.status, created.activated_at, created.customer_name) == ("created", None, "Contoso subsidiary Inc")


def test_access_assignments_are_read_from_the_sample(http, microsoft, sample):
    microsoft.answer(
        f"{RELATIONSHIPS}/r1/accessAssignments",
        sample("tenantRelationships_delegatedAdminRelationships_id_accessAssignments"),
    )
    found = list(list_access_assignments(http, cloud=microsoft.cloud(), token=TOKEN, relationship_id="r1"))
    assert [(one.group_id, one.status, len(one.role_ids)) for one in found] == [
        ("227a2f44-2682-4831-a021-f8d69a34bcba", "active", 4),
        ("869713c9-0b28-4d08-8949-ae07ae1bf528", "active", 4),
    ]
    assert isinstance(found[0], AccessAssignment)


def test_the_organization_is_read_from_the_sample(http, microsoft, sample):
    microsoft.answer("/v1.0/organization", {"value": [json.loads(sample("organization_id"))]})
    assert read_organization(http, cloud=microsoft.cloud(), token=TOKEN) == Organization(
        id="84841066-274d-4ec0-a5c1-276be684bdd3",
        name="Contoso",
        default_domain="Contoso.com",
        initial_domain="Contoso.com",
    )


def test_no_organization_is_for_a_person(http, microsoft):
    microsoft.answer("/v1.0/organization", {"value": []})
    with pytest.raises(UnexpectedAnswer):
        read_organization(http, cloud=microsoft.cloud(), token=TOKEN)
