"""Graph's tenantRelationships in the partner's tenant, as it is read."""

import re

from csp_portal.microsoft.sandbox.gdap import (
    assignment_json,
    customer_json,
    operation_json,
    portals_json,
    relationship_json,
    request_json,
)
from csp_portal.microsoft.sandbox.gdap_world import GdapWorld
from csp_portal.microsoft.sandbox.odata import collection, entity
from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.wire import Call, Reply, graph_error
from csp_portal.microsoft.sandbox.world import World

ROOT = "tenantRelationships/$metadata#"
_STATUS_IS = re.compile(r"status eq '(\w+)'")
_CUSTOMER_IS = re.compile(r"customer/tenantId eq '([0-9a-fA-F-]+)'")


class RelationshipsApi:
    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def gdap(self) -> GdapWorld:
        return self.world.gdap

    def customers(self, call: Call, tenant: Tenant) -> Reply:
        """Customers with a relationship that is or was active."""
        with self.gdap.lock:
            settled = [self.gdap.settled(one) for one in self.gdap.relationships()]
            known = {one.tenant.index for one in settled if one.tenant and one.activated_at is not None}
        items = [customer for customer in self.world.tenants if customer.index in known]
        return collection(
            call, tenant, context=f"{ROOT}delegatedAdminCustomers", items=items, as_json=customer_json, page=300
        )

    def customer(self, call: Call, tenant: Tenant, customer_id: str) -> Reply:
        found = self._customer(customer_id)
        if found is None:
            return absent(call)
        return entity(call, customer_json(found), context=f"{ROOT}delegatedAdminCustomers")

    def portals(self, call: Call, tenant: Tenant, customer_id: str) -> Reply:
        found = self._customer(customer_id)
        if found is None:
            return absent(call)
        context = f"{ROOT}delegatedAdminCustomers/{customer_id}/serviceManagementDetails"
        return collection(call, tenant, context=context, items=portals_json(found), as_json=dict)

    def relationship_list(self, call: Call, tenant: Tenant) -> Reply:
        """All relationships; of $filter `status eq` and `customer/tenantId eq` are understood."""
        wanted = call.query.get("$filter", "")
        status, customer = _STATUS_IS.search(wanted), _CUSTOMER_IS.search(wanted)
        tenant_id = customer[1].lower() if customer else ""
        with self.gdap.lock:
            items = self.gdap.relationships()
            if customer:
                items = [one for one in items if one.tenant is not None and one.tenant.tenant_id == tenant_id]
            if status:
                items = [one for one in items if self.gdap.settled(one).status == status[1]]
            return collection(
                call,
                tenant,
                context=f"{ROOT}delegatedAdminRelationships",
                items=items,
                as_json=lambda one: relationship_json(self.gdap.settled(one)),
                most=300,
            )

    def relationship(self, call: Call, tenant: Tenant, relationship_id: str) -> Reply:
        with self.gdap.lock:
            found = self.gdap.find(relationship_id)
            if found is None:
                return absent(call)
            return entity(call, relationship_json(found), context=f"{ROOT}delegatedAdminRelationships")

    def part(self, call: Call, tenant: Tenant, relationship_id: str, name: str) -> Reply:
        """accessAssignments, requests or operations of a relationship."""
        with self.gdap.lock:
            found = self._parts(relationship_id, name)
            if found is None:
                return absent(call)
            return collection(call, tenant, context=f"{ROOT}{name}", items=list(found.values()), as_json=dict)

    def one_part(self, call: Call, tenant: Tenant, relationship_id: str, name: str, part_id: str) -> Reply:
        with self.gdap.lock:
            one = (self._parts(relationship_id, name) or {}).get(part_id)
        return absent(call) if one is None else entity(call, one, context=f"{ROOT}{name}")

    def _parts(self, relationship_id: str, name: str) -> dict[str, dict[str, object]] | None:
        found = self.gdap.find(relationship_id)
        if found is None:
            return None
        parts = self.gdap.parts(found)
        if name == "accessAssignments":
            return {key: assignment_json(one) for key, one in parts.assignments.items()}
        if name == "requests":
            return {key: request_json(one) for key, one in parts.requests.items()}
        return {key: operation_json(one) for key, one in parts.operations.items()}

    def _customer(self, customer_id: str) -> Tenant | None:
        found = self.world.find_tenant(customer_id)
        return None if found is self.world.partner.tenant else found


def absent(call: Call) -> Reply:
    return graph_error(call, status=404, code="itemNotFound", message="The resource does not exist.")
