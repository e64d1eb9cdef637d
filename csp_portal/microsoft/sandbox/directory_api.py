"""Graph's groups, their people and the role templates, in the partner's own tenant."""

from csp_portal.microsoft.sandbox.odata import collection, entity
from csp_portal.microsoft.sandbox.partner_directory import group_json, user_json
from csp_portal.microsoft.sandbox.relationships import absent
from csp_portal.microsoft.sandbox.roles import ROLES, role_template_json
from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.wire import Call, Reply, graph_error
from csp_portal.microsoft.sandbox.world import World

SECURITY_ONLY = "securityEnabled eq true"


class DirectoryApi:
    def __init__(self, world: World) -> None:
        self.gdap = world.gdap

    def groups(self, call: Call, tenant: Tenant) -> Reply:
        """Of $filter only `securityEnabled eq true` is understood."""
        wanted = call.query.get("$filter", "")
        if wanted not in ("", SECURITY_ONLY):
            message = f"Invalid filter clause: {wanted[:100]}"
            return graph_error(call, status=400, code="Request_UnsupportedQuery", message=message)
        with self.gdap.lock:
            items = [one for one in self.gdap.directory.groups.values() if one.is_security or not wanted]
            return collection(call, tenant, context="$metadata#groups", items=items, as_json=group_json)

    def group(self, call: Call, tenant: Tenant, group_id: str) -> Reply:
        with self.gdap.lock:
            found = self.gdap.directory.groups.get(group_id)
            return absent(call) if found is None else entity(call, group_json(found), context="$metadata#groups")

    def people(self, call: Call, tenant: Tenant, group_id: str) -> Reply:
        """Picking people among the members is an advanced query (Graph docs, aad-advanced-queries.md)."""
        is_advanced = call.headers.get("consistencylevel", "").lower() == "eventual" and "$count" in call.query
        if not is_advanced:
            message = "The OData cast needs the header ConsistencyLevel: eventual and $count=true."
            return graph_error(call, status=400, code="Request_UnsupportedQuery", message=message)
        with self.gdap.lock:
            found = self.gdap.directory.groups.get(group_id)
            if found is None:
                return absent(call)
            items = self.gdap.directory.people_in(found)
            return collection(call, tenant, context="$metadata#users", items=items, as_json=user_json)

    def role_templates(self, call: Call, tenant: Tenant) -> Reply:
        context = "$metadata#directoryRoleTemplates"
        return collection(call, tenant, context=context, items=list(ROLES), as_json=role_template_json, page=999)
