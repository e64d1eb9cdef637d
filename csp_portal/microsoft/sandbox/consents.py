"""Partner Center's consents of a partner's application in its customers' tenants, and legacy delegated access."""

from typing import Any

import orjson

from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.wire import Call, Reply, json_reply, partner_center_error
from csp_portal.microsoft.sandbox.world import World


def grant(call: Call, world: World, tenant: Tenant) -> Reply:
    """POST of a consent to our own application, by a person (reference 3.3)."""
    asked = _body(call)
    grants = asked.get("applicationGrants")
    if not isinstance(grants, list) or not grants or not all(_is_grant(one) for one in grants):
        return _invalid("applicationGrants must name applications and their permissions.")
    if asked.get("applicationId") != world.partner.client_id:
        return _invalid("The application is not registered in the partner's tenant.")
    if not tenant.consent_missing:
        return partner_center_error(status=409, code=3000, description="Permission entry already exists.")
    tenant.consent_missing = False
    return json_reply(asked, status=201)


def revoke(world: World, tenant: Tenant, application_id: str) -> Reply:
    if application_id != world.partner.client_id or tenant.consent_missing:
        return partner_center_error(status=404, code=1000, description="The resource was not found.")
    tenant.consent_missing = True
    return Reply(status=204)


def change_customer(call: Call, tenant: Tenant) -> Reply:
    """Of a customer only the legacy delegated access is changed, and only taken away (developer/remove-dap.md)."""
    asked = _body(call)
    if {key.lower() for key in asked} - {"id", "attributes"} != {"allowdelegatedaccess"}:
        return _invalid("Only AllowDelegatedAccess can be changed.")
    if next(value for key, value in asked.items() if key.lower() == "allowdelegatedaccess") not in (False, "false"):
        return _invalid("AllowDelegatedAccess can only be taken away.")
    tenant.has_delegated_access = False
    return json_reply({"id": tenant.tenant_id, "allowDelegatedAccess": False})


def _body(call: Call) -> dict[str, Any]:
    try:
        asked = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        return {}
    return asked if isinstance(asked, dict) else {}


def _is_grant(one: Any) -> bool:
    return isinstance(one, dict) and bool(one.get("enterpriseApplicationId")) and bool(one.get("scope"))


def _invalid(description: str) -> Reply:
    return partner_center_error(status=400, code=3000, description=description)
