"""Graph's directory of one tenant: its organization, domains, licenses, and the partner's contracts."""

import uuid
from typing import Any

from csp_portal.microsoft.sandbox.catalog import SKUS, Sku
from csp_portal.microsoft.sandbox.tenants import Tenant


def derived_id(*parts: str) -> str:
    """A GUID that follows from the parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts)))


def contract_json(tenant: Tenant) -> dict[str, object]:
    """A contract; name and default domain are copies made when it was signed (reference §2.8)."""
    return {
        "id": derived_id(tenant.tenant_id, "contract"),
        "contractType": "ResellerPartner",
        "customerId": tenant.tenant_id,
        "defaultDomainName": tenant.initial_domain,
        "displayName": tenant.name,
    }


def domain_json(tenant: Tenant, name: str) -> dict[str, object]:
    is_initial = name == tenant.initial_domain
    return {
        "authenticationType": "Managed",
        "availabilityStatus": None,
        "id": name,
        "isAdminManaged": True,
        "isDefault": not is_initial,
        "isInitial": is_initial,
        "isRoot": True,
        "isVerified": True,
        "passwordValidityPeriodInDays": 2147483647,
        "supportedServices": ["Email", "OfficeCommunicationsOnline"],
    }


def organization_json(tenant: Tenant, *, partner_tenant_type: str | None) -> dict[str, Any]:
    """The organization, with the keys of Microsoft's sample."""
    plans = [(plan_id, name) for sku in _skus(tenant) for plan_id, name in sku.plans]
    return {
        "id": tenant.tenant_id,
        "deletedDateTime": None,
        "businessPhones": [],
        "city": None,
        "country": None,
        "countryLetterCode": tenant.country,
        "createdDateTime": "2021-08-02T10:30:06Z",
        "defaultUsageLocation": tenant.country,
        "displayName": tenant.name,
        "isMultipleDataLocationsForServicesEnabled": None,
        "marketingNotificationEmails": [],
        "onPremisesLastSyncDateTime": None,
        "onPremisesSyncEnabled": None,
        "partnerTenantType": partner_tenant_type,
        "postalCode": None,
        "preferredLanguage": "en",
        "securityComplianceNotificationMails": [],
        "securityComplianceNotificationPhones": [],
        "state": None,
        "street": None,
        "technicalNotificationMails": [f"it@{tenant.domain}"],
        "tenantType": "AAD",
        "directorySizeQuota": {"used": tenant.seats * 3, "total": 50000},
        "assignedPlans": [_assigned_plan(plan_id, name) for plan_id, name in plans],
        "privacyProfile": {"contactEmail": "", "statementUrl": ""},
        "provisionedPlans": [
            {"capabilityStatus": "Enabled", "provisioningStatus": "Success", "service": name} for _, name in plans
        ],
        "verifiedDomains": [_verified_domain(tenant, name) for name in (tenant.initial_domain, tenant.domain)],
    }


def _assigned_plan(plan_id: str, name: str) -> dict[str, object]:
    return {
        "assignedDateTime": "2022-04-03T02:46:42Z",
        "capabilityStatus": "Enabled",
        "service": name,
        "servicePlanId": plan_id,
    }


def _verified_domain(tenant: Tenant, name: str) -> dict[str, object]:
    return {
        "capabilities": "Email, OfficeCommunicationsOnline",
        "isDefault": name != tenant.initial_domain,
        "isInitial": name == tenant.initial_domain,
        "name": name,
        "type": "Managed",
    }


def subscribed_skus(tenant: Tenant) -> list[dict[str, object]]:
    return [_sku_json(tenant, sku) for sku in _skus(tenant)]


def _skus(tenant: Tenant) -> tuple[Sku, ...]:
    """Small companies have one license, larger ones two or three."""
    return (SKUS[0],) if tenant.seats < 50 else SKUS[1 : 3 + tenant.index % 2]


def _sku_json(tenant: Tenant, sku: Sku) -> dict[str, object]:
    return {
        "accountName": tenant.name,
        "accountId": tenant.tenant_id,
        "appliesTo": "User",
        "capabilityStatus": "Enabled",
        "consumedUnits": max(1, tenant.seats - 2),
        "id": f"{tenant.tenant_id}_{sku.sku_id}",
        "prepaidUnits": {"enabled": tenant.seats, "lockedOut": 0, "suspended": 0, "warning": 0},
        "servicePlans": [
            {"servicePlanId": plan_id, "servicePlanName": name, "provisioningStatus": "Success", "appliesTo": "User"}
            for plan_id, name in sku.plans
        ],
        "skuId": sku.sku_id,
        "skuPartNumber": sku.part_number,
        "subscriptionIds": [derived_id(tenant.tenant_id, sku.sku_id)],
    }
