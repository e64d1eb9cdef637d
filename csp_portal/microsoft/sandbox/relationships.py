"""Graph's tenantRelationships in the partner's tenant, answered from the sandbox's GDAP data."""

import re
import threading
from dataclasses import replace

import orjson

from csp_portal.microsoft.sandbox.gdap import (
    GLOBAL_ADMINISTRATOR,
    Relationship,
    assignments_json,
    customer_json,
    operations_json,
    portals_json,
    relationship_etag,
    relationship_json,
    relationships_of,
    requests_json,
)
from csp_portal.microsoft.sandbox.odata import collection, entity
from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.wire import Call, Reply, graph_error
from csp_portal.microsoft.sandbox.world import World

ROOT = "tenantRelationships/$metadata#"
_STATUS_IS = re.compile(r"status eq '(\w+)'")
_EXTENDS = {"P180D": True, "PT0S": False, "P0D": False}
_CUSTOMER_IS = re.compile(r"customer/tenantId eq '([0-9a-fA-F-]+)'")


class RelationshipsApi:
    """Makes the relationships once, when they are first asked for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._all: dict[str, Relationship] = {}
        self._lock = threading.Lock()

    def relationships(self) -> dict[str, Relationship]:
        with self._lock:
            if not self._all:
                anchor = self.world.now() // 86_400 * 86_400
                for tenant in self.world.tenants:
                    made = relationships_of(tenant, seed=self.world.seed, anchor=anchor)
                    self._all.update((relationship.id, relationship) for relationship in made)
            return dict(self._all)

    def customers(self, call: Call, tenant: Tenant) -> Reply:
        """Customers with a relationship that is or was active."""
        known = {one.tenant.index for one in self.relationships().values() if one.activated_at is not None}
        items = [customer for customer in self.world.tenants if customer.index in known]
        return collection(
            call, tenant, context=f"{ROOT}delegatedAdminCustomers", items=items, as_json=customer_json, page=300
        )

    def customer(self, call: Call, tenant: Tenant, customer_id: str) -> Reply:
        found = self._customer(customer_id)
        if found is None:
            return _absent(call)
        return entity(call, customer_json(found), context=f"{ROOT}delegatedAdminCustomers")

    def portals(self, call: Call, tenant: Tenant, customer_id: str) -> Reply:
        found = self._customer(customer_id)
        if found is None:
            return _absent(call)
        context = f"{ROOT}delegatedAdminCustomers/{customer_id}/serviceManagementDetails"
        return collection(call, tenant, context=context, items=portals_json(found), as_json=dict)

    def relationship_list(self, call: Call, tenant: Tenant) -> Reply:
        """All relationships; of $filter `status eq` and `customer/tenantId eq` are understood."""
        wanted = call.query.get("$filter", "")
        status, customer = _STATUS_IS.search(wanted), _CUSTOMER_IS.search(wanted)
        items = [
            one
            for one in self.relationships().values()
            if (status is None or one.status == status[1])
            and (customer is None or one.tenant.tenant_id == customer[1].lower())
        ]
        context = f"{ROOT}delegatedAdminRelationships"
        return collection(call, tenant, context=context, items=items, as_json=relationship_json, most=300)

    def relationship(self, call: Call, tenant: Tenant, relationship_id: str) -> Reply:
        found = self.relationships().get(relationship_id)
        if found is None:
            return _absent(call)
        return entity(call, relationship_json(found), context=f"{ROOT}delegatedAdminRelationships")

    def change_relationship(self, call: Call, tenant: Tenant, relationship_id: str) -> Reply:
        """PATCH of autoExtendDuration, with the ETag that was read last in If-Match (reference §2.1)."""
        self.relationships()
        with self._lock:
            found = self._all.get(relationship_id)
            if found is None:
                return _absent(call)
            refused = _refusal(call, found)
            if refused:
                return refused
            extends = _EXTENDS[orjson.loads(call.body)["autoExtendDuration"]]
            changed = replace(found, auto_extends=extends, changes=found.changes + 1, changed_at=self.world.now())
            self._all[relationship_id] = changed
        return entity(call, relationship_json(changed), context=f"{ROOT}delegatedAdminRelationships")

    def part(self, call: Call, tenant: Tenant, relationship_id: str, name: str) -> Reply:
        """accessAssignments, requests or operations of a relationship."""
        found = self.relationships().get(relationship_id)
        if found is None:
            return _absent(call)
        if name == "accessAssignments":
            items = assignments_json(found, seed=self.world.seed)
        elif name == "requests":
            items = requests_json(found)
        else:
            items = operations_json(found, seed=self.world.seed)
        return collection(call, tenant, context=f"{ROOT}{name}", items=items, as_json=dict)

    def _customer(self, customer_id: str) -> Tenant | None:
        found = self.world.find_tenant(customer_id)
        return None if found is self.world.partner.tenant else found


def _refusal(call: Call, found: Relationship) -> Reply | None:
    """Why this change is not made, or None."""
    if "if-match" not in call.headers:
        return graph_error(call, status=400, code="badRequest", message="The header If-Match is required.")
    if call.headers["if-match"] != relationship_etag(found):
        message = "The ETag in If-Match is not the one of the resource."
        return graph_error(call, status=412, code="preconditionFailed", message=message)
    try:
        asked = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        asked = None
    if (
        not isinstance(asked, dict)
        or set(asked) != {"autoExtendDuration"}
        or asked["autoExtendDuration"] not in _EXTENDS
    ):
        message = "Only autoExtendDuration may be changed here, to P180D, P0D or PT0S."
        return graph_error(call, status=400, code="badRequest", message=message)
    if found.status not in ("created", "active"):
        return graph_error(call, status=409, code="conflict", message=f"The relationship is {found.status}.")
    if GLOBAL_ADMINISTRATOR in found.roles and _EXTENDS[asked["autoExtendDuration"]]:
        message = "A relationship with Global Administrator can't be extended automatically."
        return graph_error(call, status=400, code="badRequest", message=message)
    return None


def _absent(call: Call) -> Reply:
    return graph_error(call, status=404, code="itemNotFound", message="The resource does not exist.")
