"""Partner Center's REST API: the customers of the partner, page by page with a continuation token."""

import uuid

from csp_portal.microsoft.sandbox import consents
from csp_portal.microsoft.sandbox.odata import whole_number
from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.wire import Call, Reply, json_reply, partner_center_error
from csp_portal.microsoft.sandbox.world import World

MOST = 500
DEFAULT = 100


def answer(call: Call, world: World, path: str, *, is_person: bool) -> Reply:
    """Answer /v1/customers and what is below it with the headers of Partner Center (reference §3.2)."""
    reply = world.requests.answer(call, path, is_person=is_person)
    if reply is None:
        reply = _route(call, world, path) if call.method == "GET" else _change(call, world, path, is_person=is_person)
    reply.headers["MS-RequestId"] = call.headers.get("ms-requestid", call.request_id)
    reply.headers["MS-CorrelationId"] = call.headers.get("ms-correlationid", call.request_id)
    return reply


def too_many(seconds: int) -> Reply:
    """The 429 has a shape of its own (reference §3.2)."""
    message = f"Rate limit is exceeded. Try again in {seconds} seconds."
    return json_reply({"statusCode": 429, "message": message}, status=429, headers={"Retry-After": str(seconds)})


def _route(call: Call, world: World, path: str) -> Reply:
    if path == "/customers":
        return _customers(call, world)
    if path.startswith("/customers/") and path.count("/") == 2:
        tenant = world.find_tenant(path.rpartition("/")[2])
        if tenant is not None and tenant is not world.partner.tenant:
            return json_reply(_detail(tenant))
    return partner_center_error(status=404, code=1000, description="The resource was not found.")


def _change(call: Call, world: World, path: str, *, is_person: bool) -> Reply:
    """What may be changed of a customer, with a token behind which a person stands (App+User)."""
    place, _, rest = path.removeprefix("/customers/").partition("/")
    tenant = world.find_tenant(place) if path.startswith("/customers/") else None
    if tenant is not None and tenant is not world.partner.tenant and tenant.is_customer:
        if not is_person:
            return partner_center_error(status=403, code=400, description="Access denied: App+User is required.")
        if (reply := _changed(call, world, tenant, rest.split("/"))) is not None:
            return reply
    return partner_center_error(status=404, code=1000, description="The resource was not found.")


def _changed(call: Call, world: World, tenant: Tenant, rest: list[str]) -> Reply | None:
    match call.method, rest:
        case "PATCH", [""]:
            return consents.change_customer(call, tenant)
        case "POST", ["applicationconsents"]:
            return consents.grant(call, world, tenant)
        case "DELETE", ["applicationconsents", application_id]:
            return consents.revoke(world, tenant, application_id)
    return None


def _customers(call: Call, world: World) -> Reply:
    size = min(MOST, whole_number(call.query.get("size", ""), default=DEFAULT)) or DEFAULT
    size = min(size, world.partner.tenant.page_size or size)
    start = 0
    if call.query.get("seekOperation") == "Next":
        start = whole_number(call.headers.get("ms-continuationtoken", "").removeprefix("offset-"), default=-1)
        if start < 0:
            return partner_center_error(status=400, code=3000, description="The continuation token is not valid.")
    links: dict[str, object] = {"self": _link(f"/v1/customers?size={size}")}
    customers = world.customers()
    if start + size < len(customers):
        token = [{"key": "MS-ContinuationToken", "value": f"offset-{start + size}"}]
        links["next"] = _link(f"/v1/customers?size={size}&seekOperation=Next", headers=token)
    return json_reply(
        {
            "totalCount": len(customers),
            "items": [_short(tenant) for tenant in customers[start : start + size]],
            "links": links,
            "attributes": {"objectType": "Collection"},
        }
    )


def _link(uri: str, *, headers: list[dict[str, str]] | None = None) -> dict[str, object]:
    return {"uri": uri, "method": "GET", "headers": headers or []}


def _short(tenant: Tenant) -> dict[str, object]:
    return {
        "id": tenant.tenant_id,
        "companyProfile": {
            "tenantId": tenant.tenant_id,
            "domain": tenant.initial_domain,
            "companyName": tenant.name,
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": "reseller",
        "attributes": {"objectType": "Customer"},
    }


def _detail(tenant: Tenant) -> dict[str, object]:
    base, mail = f"/customers/{tenant.tenant_id}", f"office@{tenant.domain}"
    place = {"country": tenant.country, "city": "", "addressLine1": "1 Example Street", "postalCode": "10001"}
    person = {"firstName": "Accounts", "lastName": "Payable"}
    return {
        "id": tenant.tenant_id,
        "commerceId": str(uuid.uuid5(uuid.NAMESPACE_DNS, tenant.domain)),
        "companyProfile": {
            "tenantId": tenant.tenant_id,
            "domain": tenant.initial_domain,
            "companyName": tenant.name,
            "address": {**place, "region": "", "phoneNumber": ""},
            "email": mail,
            "links": {"self": _link(f"{base}/profiles/company")},
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "billingProfile": {
            "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"billing.{tenant.domain}")),
            **person,
            "email": mail,
            "culture": "en-US",
            "language": "en",
            "companyName": tenant.name,
            "defaultAddress": {**place, **person, "state": "", "phoneNumber": ""},
            "links": {"self": _link(f"{base}/profiles/billing")},
            "attributes": {"etag": "1", "objectType": "CustomerBillingProfile"},
        },
        "relationshipToPartner": "reseller",
        "allowDelegatedAccess": tenant.has_delegated_access,
        "customDomains": [tenant.initial_domain, tenant.domain],
        "links": {"self": _link(base)},
        "attributes": {"objectType": "Customer"},
    }
