"""Microsoft Graph: service health, customers and what they let us do, as frozen values."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import orjson

from csp_portal.microsoft.clouds import Cloud, origin_of
from csp_portal.microsoft.errors import UnexpectedAnswer
from csp_portal.microsoft.fields import moment, part, parts, required_text, text
from csp_portal.microsoft.http import Http
from csp_portal.microsoft.paging import refuse_foreign_page
from csp_portal.microsoft.service_health import HealthAnswer, IssuePost, ServiceHealth, ServiceIssue

__all__ = ["HealthAnswer", "IssuePost", "ServiceHealth", "ServiceIssue"]

_NESTED_NEXT = "issues@odata.nextLink"


@dataclass(frozen=True, kw_only=True, slots=True)
class Contract:
    """A customer of the partner; name and domain are copies from the day of the contract (resources/contract.md)."""

    customer_id: str
    name: str
    domain: str

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(
            customer_id=required_text(raw, "customerId", of="contract"),
            name=text(raw, "displayName"),
            domain=text(raw, "defaultDomainName"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class DelegatedAdminCustomer:
    tenant_id: str
    name: str

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(
            tenant_id=required_text(raw, "tenantId", of="delegated admin customer"), name=text(raw, "displayName")
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceManagementDetail:
    """A link into the customer's own admin portal; Graph lists only services the customer has."""

    name: str
    url: str

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(
            name=required_text(raw, "serviceName", of="service management detail"),
            url=required_text(raw, "serviceManagementUrl", of="service management detail"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class DelegatedAdminRelationship:
    """A GDAP relationship; durations are ISO 8601 as sent, `status` is raw, `etag` is needed to change it."""

    id: str
    etag: str
    name: str
    status: str
    customer_tenant_id: str
    customer_name: str
    role_ids: tuple[str, ...]
    duration: str
    auto_extend_duration: str
    created_at: datetime | None
    activated_at: datetime | None
    ends_at: datetime | None
    last_modified_at: datetime | None
    is_partner_consent_pending: bool
    indirect_provider_tenant_id: str

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        customer = part(raw, "customer")
        return cls(
            id=required_text(raw, "id", of="delegated admin relationship"),
            etag=text(raw, "@odata.etag"),
            name=text(raw, "displayName"),
            status=required_text(raw, "status", of="delegated admin relationship"),
            customer_tenant_id=text(customer, "tenantId"),
            customer_name=text(customer, "displayName"),
            role_ids=_role_ids(raw),
            duration=text(raw, "duration"),
            auto_extend_duration=text(raw, "autoExtendDuration"),
            created_at=moment(raw, "createdDateTime", of="delegated admin relationship"),
            activated_at=moment(raw, "activatedDateTime", of="delegated admin relationship"),
            ends_at=moment(raw, "endDateTime", of="delegated admin relationship"),
            last_modified_at=moment(raw, "lastModifiedDateTime", of="delegated admin relationship"),
            is_partner_consent_pending=raw.get("isPartnerConsentPending") is True,
            indirect_provider_tenant_id=text(raw, "indirectProviderTenantId"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessAssignment:
    """Which of the partner's groups holds which roles of a relationship."""

    id: str
    etag: str
    status: str
    group_id: str
    container_type: str
    role_ids: tuple[str, ...]
    created_at: datetime | None
    last_modified_at: datetime | None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        container = part(raw, "accessContainer")
        return cls(
            id=required_text(raw, "id", of="access assignment"),
            etag=text(raw, "@odata.etag"),
            status=required_text(raw, "status", of="access assignment"),
            group_id=text(container, "accessContainerId"),
            container_type=text(container, "accessContainerType"),
            role_ids=_role_ids(raw),
            created_at=moment(raw, "createdDateTime", of="access assignment"),
            last_modified_at=moment(raw, "lastModifiedDateTime", of="access assignment"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Organization:
    """A tenant's own record; the two domains are "" where Graph names none."""

    id: str
    name: str
    default_domain: str
    initial_domain: str

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        domains = parts(raw, "verifiedDomains")
        return cls(
            id=required_text(raw, "id", of="organization"),
            name=text(raw, "displayName"),
            default_domain=next((text(d, "name") for d in domains if d.get("isDefault") is True), ""),
            initial_domain=next((text(d, "name") for d in domains if d.get("isInitial") is True), ""),
        )


def read_health(http: Http, *, cloud: Cloud, token: str) -> HealthAnswer:
    """The health of every service of the token's tenant with all its issues: one request, as a rule.

    DC api/serviceannouncement-list-healthoverviews.md
    """
    url = f"{cloud.graph_url}/v1.0/admin/serviceAnnouncement/healthOverviews"
    pages = http.pages(url, cloud=cloud, token=token, params={"$expand": "issues"})
    services = [service for page in pages for service in page]
    for service in services:
        if _NESTED_NEXT in service:
            link = str(service[_NESTED_NEXT])
            refuse_foreign_page(link, home=origin_of(url))
            rest = http.pages(link, cloud=cloud, token=token)
            service["issues"] = [*(service.get("issues") or ()), *(issue for page in rest for issue in page)]
    return HealthAnswer(raw_services=tuple(services))


def list_contracts(http: Http, *, cloud: Cloud, token: str) -> Iterator[Contract]:
    """The customers of the token's (partner) tenant, in every cloud (DC api/contract-list.md)."""
    for raw in _items(http, cloud=cloud, token=token, path="contracts"):
        yield Contract.from_json(raw)


def list_delegated_admin_customers(http: Http, *, cloud: Cloud, token: str) -> Iterator[DelegatedAdminCustomer]:
    for raw in _items(http, cloud=cloud, token=token, path="tenantRelationships/delegatedAdminCustomers"):
        yield DelegatedAdminCustomer.from_json(raw)


def list_service_management_details(
    http: Http, *, cloud: Cloud, token: str, tenant_id: str
) -> tuple[ServiceManagementDetail, ...]:
    """The admin portals of one customer (DC api/delegatedadmincustomer-list-servicemanagementdetails.md)."""
    path = f"tenantRelationships/delegatedAdminCustomers/{tenant_id}/serviceManagementDetails"
    return tuple(ServiceManagementDetail.from_json(raw) for raw in _items(http, cloud=cloud, token=token, path=path))


def list_delegated_admin_relationships(http: Http, *, cloud: Cloud, token: str) -> Iterator[DelegatedAdminRelationship]:
    """Every GDAP relationship of the token's (partner) tenant; a page holds at most 300."""
    path = "tenantRelationships/delegatedAdminRelationships"
    for raw in _items(http, cloud=cloud, token=token, path=path, params={"$top": "300"}):
        yield DelegatedAdminRelationship.from_json(raw)


def set_auto_extend(
    http: Http,
    *,
    cloud: Cloud,
    token: str,
    relationship_id: str,
    etag: str,
    extends: bool,
    may_write: Callable[[], None],
) -> DelegatedAdminRelationship:
    """Let a relationship be extended by half a year when it ends, or not; Conflict where `etag` is not its newest.

    The token is the partner tenant's (DC api/delegatedadminrelationship-update.md).
    """
    answer = http.write(
        "PATCH",
        f"{cloud.graph_url}/v1.0/tenantRelationships/delegatedAdminRelationships/{relationship_id}",
        cloud=cloud,
        token=token,
        may_write=may_write,
        json={"autoExtendDuration": "P180D" if extends else "PT0S"},
        headers={"If-Match": etag},
    )
    try:
        return DelegatedAdminRelationship.from_json(orjson.loads(answer.body))
    except orjson.JSONDecodeError as error:
        raise UnexpectedAnswer(
            "Graph changed a relationship and answered without it; read it anew.", correlation_id=answer.correlation_id
        ) from error


def list_access_assignments(
    http: Http, *, cloud: Cloud, token: str, relationship_id: str
) -> Iterator[AccessAssignment]:
    path = f"tenantRelationships/delegatedAdminRelationships/{relationship_id}/accessAssignments"
    for raw in _items(http, cloud=cloud, token=token, path=path):
        yield AccessAssignment.from_json(raw)


def read_organization(http: Http, *, cloud: Cloud, token: str) -> Organization:
    """The token's own tenant."""
    for raw in _items(http, cloud=cloud, token=token, path="organization"):
        return Organization.from_json(raw)
    raise UnexpectedAnswer("Graph answered without an organization.")


def _items(
    http: Http, *, cloud: Cloud, token: str, path: str, params: Mapping[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    for page in http.pages(f"{cloud.graph_url}/v1.0/{path}", cloud=cloud, token=token, params=params):
        yield from page


def _role_ids(raw: Mapping[str, Any]) -> tuple[str, ...]:
    roles = parts(part(raw, "accessDetails"), "unifiedRoles")
    return tuple(required_text(role, "roleDefinitionId", of="role") for role in roles)
