"""Partner Center's REST API: who our customers are, and our application's consent in their tenants."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from csp_portal.microsoft.clouds import Cloud
from csp_portal.microsoft.fields import part, required_text, text
from csp_portal.microsoft.http import Http

PAGE_SIZE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class PartnerCenterCustomer:
    tenant_id: str
    name: str
    domain: str

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        profile = part(raw, "companyProfile")
        return cls(
            tenant_id=required_text(profile, "tenantId", of="customer"),
            name=text(profile, "companyName"),
            domain=text(profile, "domain"),
        )


def list_customers(
    http: Http, *, cloud: Cloud, token: str, page_size: int = PAGE_SIZE
) -> Iterator[PartnerCenterCustomer]:
    """Every customer of the token's partner, page by page (Partner Center docs, get-a-list-of-customers.md)."""
    url = f"{cloud.partner_center_url}/v1/customers"
    params = {"size": str(page_size)}
    for page in http.pages(url, cloud=cloud, token=token, params=params, style="partner-center"):
        for raw in page:
            yield PartnerCenterCustomer.from_json(raw)


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplicationGrant:
    """Delegated permissions of one of Microsoft's applications: `scope` holds their names with commas between."""

    enterprise_application_id: str
    scope: str


def allows_delegated_access(http: Http, *, cloud: Cloud, token: str, tenant_id: str) -> bool | None:
    """Whether the legacy delegated access (DAP) of a customer is still there; None where Partner Center is silent.

    Source: developer/get-a-customer-by-id.md, developer/remove-dap.md
    """
    document = http.get_json(f"{cloud.partner_center_url}/v1/customers/{tenant_id}", cloud=cloud, token=token)
    told = document.get("allowDelegatedAccess") if isinstance(document, dict) else None
    return told if isinstance(told, bool) else None


def grant_application_consent(
    http: Http,
    *,
    cloud: Cloud,
    token: str,
    tenant_id: str,
    application_id: str,
    grants: Sequence[ApplicationGrant],
    may_write: Callable[[], None],
) -> str:
    """Consent to our delegated application in a customer's tenant; returns the correlation id.

    The token is a person's (App+User), an admin agent with the role Cloud Application Administrator or Application
    Administrator there (developer/gdap-and-secure-application-model.md). Conflict where it was consented already.
    """
    body = {
        "applicationId": application_id,
        "applicationGrants": [
            {"enterpriseApplicationId": one.enterprise_application_id, "scope": one.scope} for one in grants
        ],
    }
    url = f"{cloud.partner_center_url}/v1/customers/{tenant_id}/applicationconsents"
    return http.write("POST", url, cloud=cloud, token=token, may_write=may_write, json=body).correlation_id


def revoke_application_consent(
    http: Http, *, cloud: Cloud, token: str, tenant_id: str, application_id: str, may_write: Callable[[], None]
) -> str:
    url = f"{cloud.partner_center_url}/v1/customers/{tenant_id}/applicationconsents/{application_id}"
    return http.write("DELETE", url, cloud=cloud, token=token, may_write=may_write).correlation_id


def remove_delegated_access(
    http: Http, *, cloud: Cloud, token: str, tenant_id: str, may_write: Callable[[], None]
) -> str:
    """End the legacy delegated access (DAP) to a customer for good (developer/remove-dap.md); the correlation id."""
    url = f"{cloud.partner_center_url}/v1/customers/{tenant_id}"
    body = {"AllowDelegatedAccess": False}
    return http.write("PATCH", url, cloud=cloud, token=token, may_write=may_write, json=body).correlation_id
