"""Partner Center's REST API: who our customers are."""

from collections.abc import Iterator, Mapping
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
