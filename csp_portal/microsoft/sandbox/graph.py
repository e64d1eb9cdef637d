"""The sandbox's Graph: checks the token, plays the tenant's faults, and finds who answers a path."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from csp_portal.microsoft.sandbox import directory, partner_center
from csp_portal.microsoft.sandbox.directory_api import DirectoryApi
from csp_portal.microsoft.sandbox.health import HealthApi
from csp_portal.microsoft.sandbox.mailboxes import MailApi
from csp_portal.microsoft.sandbox.odata import collection, page_body
from csp_portal.microsoft.sandbox.relationship_changes import RelationshipChanges
from csp_portal.microsoft.sandbox.relationships import RelationshipsApi
from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.tokens import Claims, Keyring
from csp_portal.microsoft.sandbox.wire import Call, Reply, graph_error, partner_center_error
from csp_portal.microsoft.sandbox.world import World

Handler = Callable[..., Reply]
HEALTH, MESSAGES, GDAP = "ServiceHealth.Read.All", "ServiceMessage.Read.All", "DelegatedAdminRelationship.Read.All"
GDAP_WRITE, DIRECTORY = "DelegatedAdminRelationship.ReadWrite.All", "Directory.Read.All"
MAIL = "Mail.ReadWrite"
RELATIONS = "/tenantRelationships"
ONE_RELATIONSHIP = f"{RELATIONS}/delegatedAdminRelationships/([^/]+)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """`permission` must be in the token; `is_partners` paths answer only to tokens of the partner's own tenant."""

    pattern: re.Pattern[str]
    permission: str
    handler: Handler
    is_partners: bool = False
    method: str = "GET"


class Graph:
    """Graph and, for the same tokens and faults, Partner Center."""

    def __init__(self, world: World, keyring: Keyring) -> None:
        self.world, self.keyring = world, keyring
        health, announcement = HealthApi(world), "/admin/serviceAnnouncement"
        self.routes = [
            _route(f"{announcement}/healthOverviews", HEALTH, health.overviews),
            _route(f"{announcement}/healthOverviews/([^/]+)", HEALTH, health.overview),
            _route(f"{announcement}/healthOverviews/([^/]+)/issues", HEALTH, health.issues_of_service),
            _route(f"{announcement}/issues", HEALTH, health.issues),
            _route(f"{announcement}/issues/([^/]+)", HEALTH, health.issue),
            _route(f"{announcement}/issues/([^/]+)/incidentReport", HEALTH, health.incident_report),
            _route(f"{announcement}/messages", MESSAGES, health.messages),
            _route(f"{announcement}/messages/([^/]+)", MESSAGES, health.message),
            _route("/organization", "Organization.Read.All", self._organization),
            _route("/domains", "Domain.Read.All", self._domains),
            _route("/subscribedSkus", "LicenseAssignment.Read.All", self._skus),
            _route("/contracts", DIRECTORY, self._contracts, is_partners=True),
            *_mail_routes(MailApi(world.mail)),
            *_directory_routes(DirectoryApi(world)),
            *_gdap_routes(RelationshipsApi(world)),
            *_gdap_changes(RelationshipChanges(world)),
        ]

    def answer(self, call: Call, path: str) -> Reply:
        """Answer `path` (without /v1.0) from the tenant of the token."""
        claims = self._claims(call)
        if claims is None:
            return _unauthorized(call)
        tenant = self.world.find_tenant(claims["tid"])
        if tenant is None:
            return _unauthorized(call)
        call.tenant_id = tenant.tenant_id
        return self._refusal(call, tenant) or _spoil(call, tenant, self._dispatch(call, tenant, claims, path))

    def answer_partner_center(self, call: Call, path: str) -> Reply:
        """Answer `path` (without /v1); only the partner's own tenant is let in."""
        claims = self._claims(call)
        partner = self.world.partner.tenant
        if claims is None or claims["tid"] != partner.tenant_id:
            return partner_center_error(status=401, code=400, description="Access denied.")
        call.tenant_id = partner.tenant_id
        seconds = partner.seconds_throttled(self.world.now())
        if seconds:
            return partner_center.too_many(seconds)
        refused = self._refusal(call, partner)
        if refused is not None:
            return refused
        reply = partner_center.answer(call, self.world, path, is_person="scp" in claims)
        return _spoil(call, partner, reply)

    def _claims(self, call: Call) -> Claims | None:
        """The claims of the bearer token, if it is ours, valid now, and meant for this host."""
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        claims = self.keyring.verify(token.strip(), use="access", now=self.world.now())
        return claims if claims is not None and claims["aud"] == call.origin else None

    def _refusal(self, call: Call, tenant: Tenant) -> Reply | None:
        if tenant.slow_by:
            time.sleep(tenant.slow_by)
        if tenant.reset_connection:
            return Reply(reset=True)
        seconds = tenant.seconds_throttled(self.world.now())
        if seconds:
            text = "Too many requests. Please retry after the given time."
            return graph_error(call, status=429, code="TooManyRequests", message=text, retry_after=seconds)
        status = tenant.take_failure()
        return None if status is None else _failure(call, status)

    def _dispatch(self, call: Call, tenant: Tenant, claims: Claims, path: str) -> Reply:
        has_relations = self.world.gdap.exists or not path.startswith(RELATIONS)
        for route in self.routes if has_relations else ():
            match = route.pattern.fullmatch(path)
            if match is None or route.method != call.method:
                continue
            if route.permission not in _granted(claims):
                return _forbidden(call, f"Missing permission {route.permission}.")
            if route.is_partners and tenant is not self.world.partner.tenant:
                return _forbidden(call, "This is only answered in the partner's own tenant.")
            return route.handler(call, tenant, *match.groups())
        if call.method != "GET" and has_relations:
            message = "The sandbox lets you write only what its reference names."
            return graph_error(call, status=405, code="Request_BadRequest", message=message)
        return graph_error(
            call, status=404, code="ResourceNotFound", message=f"Resource not found for the segment '{path}'."
        )

    def _organization(self, call: Call, tenant: Tenant) -> Reply:
        kind = "resellerPartnerDelegatedAdmin" if tenant is self.world.partner.tenant else None
        item = directory.organization_json(tenant, partner_tenant_type=kind)
        return collection(call, tenant, context="$metadata#organization", items=[item], as_json=dict)

    def _domains(self, call: Call, tenant: Tenant) -> Reply:
        names = [tenant.initial_domain, tenant.domain]
        make = lambda name: directory.domain_json(tenant, name)  # noqa: E731
        return collection(call, tenant, context="$metadata#domains", items=names, as_json=make)

    def _skus(self, call: Call, tenant: Tenant) -> Reply:
        items = directory.subscribed_skus(tenant)
        return collection(call, tenant, context="$metadata#subscribedSkus", items=items, as_json=dict)

    def _contracts(self, call: Call, tenant: Tenant) -> Reply:
        return collection(
            call, tenant, context="$metadata#contracts", items=self.world.customers(), as_json=directory.contract_json
        )


def _route(pattern: str, permission: str, handler: Handler, *, is_partners: bool = False, method: str = "GET") -> Route:
    return Route(
        pattern=re.compile(pattern), permission=permission, handler=handler, is_partners=is_partners, method=method
    )


def _mail_routes(mail: MailApi) -> list[Route]:
    folders, message = "/users/([^/]+)/mailFolders", "/users/([^/]+)/messages/([^/]+)"
    found = (
        ("GET", folders, mail.folders),
        ("GET", f"{folders}/([^/]+)", mail.folder),
        ("GET", f"{folders}/([^/]+)/messages", mail.messages),
        ("GET", message, mail.message),
        ("GET", rf"{message}/\$value", mail.mime),
        ("PATCH", message, mail.change),
        ("POST", f"{message}/move", mail.move),
    )
    return [_route(pattern, MAIL, handler, is_partners=True, method=method) for method, pattern, handler in found]


def _directory_routes(directory: DirectoryApi) -> list[Route]:
    return [
        _route("/groups", DIRECTORY, directory.groups, is_partners=True),
        _route("/groups/([^/]+)", DIRECTORY, directory.group, is_partners=True),
        _route(
            r"/groups/([^/]+)/transitiveMembers/microsoft\.graph\.user", DIRECTORY, directory.people, is_partners=True
        ),
        _route("/directoryRoleTemplates", DIRECTORY, directory.role_templates, is_partners=True),
    ]


def _gdap_routes(gdap: RelationshipsApi) -> list[Route]:
    customer, part = f"{RELATIONS}/delegatedAdminCustomers/([^/]+)", "(accessAssignments|requests|operations)"
    found = (
        (f"{RELATIONS}/delegatedAdminCustomers", gdap.customers),
        (customer, gdap.customer),
        (f"{customer}/serviceManagementDetails", gdap.portals),
        (f"{RELATIONS}/delegatedAdminRelationships", gdap.relationship_list),
        (ONE_RELATIONSHIP, gdap.relationship),
        (f"{ONE_RELATIONSHIP}/{part}", gdap.part),
        (f"{ONE_RELATIONSHIP}/{part}/([^/]+)", gdap.one_part),
    )
    return [_route(pattern, GDAP, handler, is_partners=True) for pattern, handler in found]


def _gdap_changes(gdap: RelationshipChanges) -> list[Route]:
    assignments = f"{ONE_RELATIONSHIP}/accessAssignments"
    found = (
        ("POST", f"{RELATIONS}/delegatedAdminRelationships", gdap.create),
        ("PATCH", ONE_RELATIONSHIP, gdap.change),
        ("DELETE", ONE_RELATIONSHIP, gdap.delete),
        ("POST", f"{ONE_RELATIONSHIP}/requests", gdap.ask),
        ("POST", assignments, gdap.assign),
        ("PATCH", f"{assignments}/([^/]+)", gdap.reassign),
        ("DELETE", f"{assignments}/([^/]+)", gdap.unassign),
    )
    return [_route(pattern, GDAP_WRITE, handler, is_partners=True, method=method) for method, pattern, handler in found]


def _granted(claims: Claims) -> list[str]:
    """The permissions in a token: `roles` where the app itself asks, `scp` where a person stands behind it."""
    granted: list[str] = claims["roles"] if "scp" not in claims else claims["scp"].split()
    return granted


def _spoil(call: Call, tenant: Tenant, reply: Reply) -> Reply:
    """Play the faults that lie in the answer itself."""
    if reply.status != 200:
        return reply
    if tenant.empty_answer:
        return Reply(body=page_body(context=f"{call.origin}/v1.0/$metadata#empty", next_link=None, items=[]))
    if tenant.next_link is not None:
        answer = orjson.loads(reply.body)
        answer["@odata.nextLink"] = tenant.next_link
        reply.body = orjson.dumps(answer)
    if tenant.truncate_json:
        reply.body = reply.body[: len(reply.body) // 2]
    return reply


def _failure(call: Call, status: int) -> Reply:
    if status == 401:
        return _unauthorized(call)
    if status == 403:
        return _forbidden(call, "Insufficient privileges to complete the operation.")
    code = "ServiceUnavailable" if status == 503 else "InternalServerError"
    return graph_error(call, status=status, code=code, message="The service could not answer. Try again later.")


def _unauthorized(call: Call) -> Reply:
    text = "Access token is missing, expired, or meant for another resource."
    reply = graph_error(call, status=401, code="InvalidAuthenticationToken", message=text)
    reply.headers["WWW-Authenticate"] = 'Bearer realm="", error="invalid_token"'
    return reply


def _forbidden(call: Call, text: str) -> Reply:
    return graph_error(call, status=403, code="Authorization_RequestDenied", message=text)
