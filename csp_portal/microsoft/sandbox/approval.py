"""The page of the customer's admin center on which a Global Administrator accepts a partner's relationship."""

import hashlib
from base64 import b64encode
from html import escape

from csp_portal.microsoft.sandbox.gdap import Relationship
from csp_portal.microsoft.sandbox.gdap_rules import Refusal
from csp_portal.microsoft.sandbox.picker import page, page_header
from csp_portal.microsoft.sandbox.roles import ROLES
from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.wire import Call, Reply, html_reply
from csp_portal.microsoft.sandbox.world import World

HOME, INVITATION = "/AdminPortal/Home", "/AdminPortal/Invitation/"
CUSTOMERS_OFFERED = 200
# Microsoft's link names the relationship behind the #, which no browser sends: the page itself has to go on.
_SCRIPT = (
    "const id=location.hash.split('/granularAdminRelationships/')[1];"
    f"if(id)location.replace('{INVITATION}'+encodeURIComponent(decodeURIComponent(id)))"
)
_SCRIPT_HASH = f"'sha256-{b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()}'"


class ApprovalPages:
    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, call: Call) -> Reply:
        """Answer /AdminPortal/…"""
        if call.path == HOME:
            return self._home()
        gdap = self.world.gdap
        with gdap.lock:
            found = gdap.find(call.path.removeprefix(INVITATION)) if call.path.startswith(INVITATION) else None
            if found is None or not gdap.exists:
                return _said("There is no such invitation", "The partner may have withdrawn it.", status=404)
            if call.method == "POST":
                return self._decide(call, found)
            if found.status != "approvalPending":
                return _said("This invitation is not open", f"The relationship is {found.status}.")
            return html_reply(self._invitation(found))

    def _home(self) -> Reply:
        body = page_header("Admin center", "This link names no invitation.", brand="Microsoft 365 admin center")
        return html_reply(page("Admin center", f"{body}<script>{_SCRIPT}</script>"), script=_SCRIPT_HASH)

    def _decide(self, call: Call, found: Relationship) -> Reply:
        if call.form.get("decision") != "approve":
            return _said("Nothing was approved", "The invitation stays open.")
        tenant = found.tenant or self.world.find_tenant(call.form.get("tenant", ""))
        if tenant is None or tenant is self.world.partner.tenant:
            return _said("Choose a company", "Nothing was approved: no company was chosen.", status=400)
        try:
            self.world.gdap.approve(found, tenant=tenant)
        except Refusal as refusal:
            return _said("This invitation can't be accepted", refusal.message, status=refusal.status)
        partner = self.world.partner.tenant.name
        return _said("Approved", f"{partner} now has these roles at {tenant.name}. You may close this page.")

    def _invitation(self, found: Relationship) -> str:
        partner = self.world.partner.tenant.name
        roles = "".join(f"<li>{escape(ROLES[role])}</li>" for role in found.roles)
        extends = "; extended by half a year when it ends" if found.auto_extends else ""
        company = self._company(found.tenant)
        body = (
            f"{page_header('Approve partner roles', f'{partner} asks for:', brand='Microsoft 365 admin center')}"
            f'<ul class="list">{roles}</ul><div class="pad"><p>{escape(found.display_name)} · '
            f'{escape(found.duration)}{extends}</p></div><form method="post">{company}<div class="row">'
            '<button class="plain" name="decision" value="">Not now</button>'
            '<button class="plain main" name="decision" value="approve">Approve all</button></div></form>'
        )
        return page("Approve partner roles", body)

    def _company(self, tenant: Tenant | None) -> str:
        """Who approves: the Global Administrator of the invited customer, or of whichever opens the link."""
        if tenant is not None:
            return f'<div class="pad"><p>You are a Global Administrator of {escape(tenant.name)}.</p></div>'
        options = "".join(
            f'<option value="{one.tenant_id}">{escape(one.name)}</option>'
            for one in self.world.customers()[:CUSTOMERS_OFFERED]
        )
        return (
            '<div class="pad"><p><label>You are a Global Administrator of <select name="tenant" required>'
            f'<option value="">Choose a company</option>{options}</select></label></p></div>'
        )


def _said(title: str, sentence: str, *, status: int = 200) -> Reply:
    return html_reply(page(title, page_header(title, sentence, brand="Microsoft 365 admin center")), status=status)
