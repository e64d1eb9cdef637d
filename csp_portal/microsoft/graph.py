"""Microsoft Graph: service health and customers, as frozen values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

from csp_portal.microsoft.clouds import Cloud, origin_of
from csp_portal.microsoft.errors import UnexpectedAnswer
from csp_portal.microsoft.fields import parts, required_text, text
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


def read_incident_report(http: Http, *, cloud: Cloud, token: str, issue_id: str, max_bytes: int) -> bytes:
    """The document of the post-incident review, as large as `max_bytes` at most.

    UnexpectedAnswer where it is larger or not published (DC api/servicehealthissue-incidentreport.md).
    """
    url = f"{cloud.graph_url}/v1.0/admin/serviceAnnouncement/issues/{quote(issue_id, safe='')}/incidentReport"
    return http.get(url, cloud=cloud, token=token, max_bytes=max_bytes).body


def list_contracts(http: Http, *, cloud: Cloud, token: str) -> Iterator[Contract]:
    """The customers of the token's (partner) tenant, in every cloud (DC api/contract-list.md)."""
    for raw in items_at(http, cloud=cloud, token=token, path="contracts"):
        yield Contract.from_json(raw)


def list_delegated_admin_customers(http: Http, *, cloud: Cloud, token: str) -> Iterator[DelegatedAdminCustomer]:
    for raw in items_at(http, cloud=cloud, token=token, path="tenantRelationships/delegatedAdminCustomers"):
        yield DelegatedAdminCustomer.from_json(raw)


def list_service_management_details(
    http: Http, *, cloud: Cloud, token: str, tenant_id: str
) -> tuple[ServiceManagementDetail, ...]:
    """The admin portals of one customer (DC api/delegatedadmincustomer-list-servicemanagementdetails.md)."""
    path = f"tenantRelationships/delegatedAdminCustomers/{tenant_id}/serviceManagementDetails"
    return tuple(ServiceManagementDetail.from_json(raw) for raw in items_at(http, cloud=cloud, token=token, path=path))


def read_organization(http: Http, *, cloud: Cloud, token: str) -> Organization:
    """The token's own tenant."""
    for raw in items_at(http, cloud=cloud, token=token, path="organization"):
        return Organization.from_json(raw)
    raise UnexpectedAnswer("Graph answered without an organization.")


def items_at(
    http: Http,
    *,
    cloud: Cloud,
    token: str,
    path: str,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Iterator[dict[str, Any]]:
    """The items of a list of Graph's v1.0, page by page."""
    url = f"{cloud.graph_url}/v1.0/{path}"
    for page in http.pages(url, cloud=cloud, token=token, params=params, headers=headers):
        yield from page
