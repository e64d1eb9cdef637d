"""The sandbox's Azure Resource Manager, as far as support requests need it (reference 3.4)."""

import re
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson

from csp_portal.microsoft.sandbox import azure_files
from csp_portal.microsoft.sandbox.azure_json import (
    communication_json,
    key_of,
    problem_json,
    service_json,
    ticket_json,
)
from csp_portal.microsoft.sandbox.azure_world import (
    ANSWER_MINUTES,
    RESOURCES,
    SERVICES,
    SUPPORT,
    AzureWorld,
    SandboxCommunication,
    SandboxOperation,
    SandboxTicket,
)
from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.tokens import Keyring
from csp_portal.microsoft.sandbox.wire import Call, Reply, json_reply
from csp_portal.microsoft.sandbox.world import World

PREFIXES = ("/subscriptions", SUPPORT)
NAME = re.compile(r"[A-Za-z0-9-]{1,100}")
_TICKETS = rf"/subscriptions/([^/]+){SUPPORT}/supportTickets"
_FILES = rf"/subscriptions/([^/]+){SUPPORT}/fileWorkspaces/([^/]+)/files"
_SINCE = re.compile(r"CreatedDate g[et] (\S+)")
_REQUIRED = (
    *("title", "description", "serviceId", "problemClassificationId", "severity"),
    *("advancedDiagnosticConsent", "contactDetails"),
)


class AzureSupport:
    def __init__(self, world: World, keyring: Keyring) -> None:
        self.world, self.keyring = world, keyring
        self.azure: AzureWorld = world.azure
        self.routes: list[tuple[str, re.Pattern[str], Callable[..., Reply]]] = [
            (method, re.compile(pattern), handler)
            for method, pattern, handler in (
                ("GET", "/subscriptions", self._subscriptions),
                ("GET", "/subscriptions/([^/]+)/resources", self._resources),
                ("GET", f"{SUPPORT}/services", self._services),
                ("GET", f"{SUPPORT}/services/([^/]+)/problemClassifications", self._problems),
                ("GET", rf"/subscriptions/([^/]+){SUPPORT}/operationsstatus/([^/]+)", self._operation),
                ("GET", _TICKETS, self._tickets),
                ("GET", f"{_TICKETS}/([^/]+)", self._ticket),
                ("PUT", f"{_TICKETS}/([^/]+)", self._create),
                ("PATCH", f"{_TICKETS}/([^/]+)", self._change),
                ("GET", f"{_TICKETS}/([^/]+)/communications", self._communications),
                ("PUT", f"{_TICKETS}/([^/]+)/communications/([^/]+)", self._say),
                ("PUT", f"{_FILES}/([^/]+)", self._announce),
                ("POST", f"{_FILES}/([^/]+)/upload", self._upload),
            )
        ]

    def answer(self, call: Call) -> Reply:
        tenant = self._tenant(call)
        if tenant is None:
            return _error(401, "InvalidAuthenticationToken", "The access token is missing, expired or of another host.")
        call.tenant_id = tenant.tenant_id
        if "api-version" not in call.query:
            return _error(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        for method, pattern, handler in self.routes:
            match = pattern.fullmatch(call.path)
            if match is not None and method == call.method:
                return self._handled(call, tenant, handler, match.groups())
        return _error(404, "InvalidResourceType", f"There is nothing at {call.path}.")

    def _handled(self, call: Call, tenant: Tenant, handler: Callable[..., Reply], parts: Sequence[str]) -> Reply:
        if call.path.startswith("/subscriptions/"):
            ours = {number for number, _name in self.azure.subscriptions_of(tenant)}
            if parts[0] not in ours:
                return _error(404, "SubscriptionNotFound", f"The subscription '{parts[0]}' could not be found.")
        return handler(call, tenant, *parts)

    def _tenant(self, call: Call) -> Tenant | None:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        claims = self.keyring.verify(token.strip(), use="access", now=self.world.now())
        if scheme.lower() != "bearer" or claims is None or claims["aud"] != call.origin:
            return None
        return self.world.find_tenant(claims["tid"])

    def _subscriptions(self, call: Call, tenant: Tenant) -> Reply:
        found = self.azure.subscriptions_of(tenant)
        return _list(
            call, [{"id": f"/subscriptions/{key}", "subscriptionId": key, "displayName": name} for key, name in found]
        )

    def _resources(self, call: Call, tenant: Tenant, subscription_id: str) -> Reply:
        group = f"/subscriptions/{subscription_id}/resourceGroups/main/providers"
        return _list(
            call,
            [
                {"id": f"{group}/{path}", "name": path.rsplit("/", 1)[1], "type": path.rsplit("/", 1)[0]}
                for path in RESOURCES
            ],
        )

    def _services(self, call: Call, tenant: Tenant) -> Reply:
        return _list(call, [service_json(name) for name in SERVICES])

    def _problems(self, call: Call, tenant: Tenant, service: str) -> Reply:
        name = next((name for name in SERVICES if key_of(name) == service), None)
        if name is None:
            return _error(404, "NotFound", "There is no such service.")
        return _list(call, [problem_json(name, problem) for problem in SERVICES[name]])

    def _operation(self, call: Call, tenant: Tenant, subscription_id: str, key: str) -> Reply:
        with self.azure.lock:
            found = self.azure.operations.get(key)
        if found is None:
            return _error(404, "NotFound", "There is no such operation.")
        is_done = found.done_at is not None and found.done_at <= self.azure.now()
        return json_reply({"id": call.path, "name": key, "status": "Succeeded" if is_done else "InProgress"})

    def _tickets(self, call: Call, tenant: Tenant, subscription_id: str) -> Reply:
        since = _SINCE.search(call.query.get("$filter", ""))
        after = datetime.fromisoformat(since[1]).timestamp() if since else 0.0
        with self.azure.lock:
            seen = [one for one in self.azure.visible(subscription_id=subscription_id) if one.made_at >= after]
        seen.sort(key=lambda one: one.made_at, reverse=True)
        top = call.query.get("$top", "25")
        return _list(call, [ticket_json(one) for one in seen], size=min(int(top), 100) if top.isdecimal() else 25)

    def _ticket(self, call: Call, tenant: Tenant, subscription_id: str, name: str) -> Reply:
        found = self._find(subscription_id, name)
        return json_reply(ticket_json(found)) if found else _absent(name)

    def _create(self, call: Call, tenant: Tenant, subscription_id: str, name: str) -> Reply:
        properties = orjson.loads(call.body or b"{}").get("properties") or {}
        refused = self._refusal(subscription_id, name, properties)
        if refused is not None:
            return refused
        with self.azure.lock:
            fault = self.azure.faults.draw()
            self.azure.drawn[fault] += 1
        self.azure.at_filing("before")
        if fault == "throttled":
            headers = {"Retry-After": str(self.azure.faults.retry_after)}
            return _error(429, "TooManyRequests", "Too many requests.", headers=headers)
        if fault == "dropped":
            return Reply(reset=True)
        with self.azure.lock:
            late = self.azure.faults.lateness() if fault == "late" else 0.0
            self.azure.make(tenant, subscription_id=subscription_id, name=name, properties=properties, visible_in=late)
            done_at = None if fault == "stuck" else self.azure.now() + self.azure.pace
            operation = SandboxOperation(id=str(uuid.uuid4()), done_at=done_at)
            self.azure.operations[operation.id] = operation
        self.azure.at_filing("after")
        if fault in ("lost", "late"):
            return Reply(reset=True)
        return _accepted(call, subscription_id, operation)

    def _refusal(self, subscription_id: str, name: str, properties: dict[str, Any]) -> Reply | None:
        missing = [key for key in _REQUIRED if not properties.get(key)]
        if missing or not NAME.fullmatch(name):
            return _error(400, "BadRequest", f"Missing or wrong: {', '.join(missing) or 'the name'}.")
        if properties["severity"] not in ANSWER_MINUTES:
            return _error(400, "BadRequest", "The severity is not valid.")
        if not self.azure.has_plan:
            return _error(403, "SupportPlanRequired", "A support plan is required to create a technical request.")
        with self.azure.lock:
            taken = self.azure.names_are_unique and self._find(subscription_id, name) is not None
        return _error(409, "SupportTicketAlreadyExists", f"The name {name} is taken.") if taken else None

    def _change(self, call: Call, tenant: Tenant, subscription_id: str, name: str) -> Reply:
        found, said = self._find(subscription_id, name), orjson.loads(call.body or b"{}")
        if found is None:
            return _absent(name)
        with self.azure.lock:
            if said.get("severity") in ANSWER_MINUTES:
                found.properties["severity"] = said["severity"]
            if said.get("status") in ("open", "closed"):
                found.status = said["status"].capitalize()
            found.changed_at = self.azure.now()
        return json_reply(ticket_json(found))

    def _communications(self, call: Call, tenant: Tenant, subscription_id: str, name: str) -> Reply:
        found = self._find(subscription_id, name)
        if found is None:
            return _absent(name)
        return _list(call, [communication_json(found, one) for one in found.communications])

    def _say(self, call: Call, tenant: Tenant, subscription_id: str, name: str, key: str) -> Reply:
        found = self._find(subscription_id, name)
        if found is None:
            return _absent(name)
        said = orjson.loads(call.body or b"{}").get("properties") or {}
        if not said.get("subject") or not said.get("body") or not said.get("sender"):
            return _error(400, "BadRequest", "subject, body and sender are required.")
        if self.azure.drops("before"):
            return Reply(reset=True)
        with self.azure.lock:
            held = next((one for one in found.communications if one.name == key), None)
            if held is None:
                held = SandboxCommunication(
                    name=key,
                    subject=said["subject"],
                    body=said["body"],
                    sender=said["sender"],
                    is_inbound=True,
                    at=self.azure.now(),
                )
                found.communications.append(held)
        return Reply(reset=True) if self.azure.drops("after") else json_reply(communication_json(found, held))

    def _announce(self, call: Call, tenant: Tenant, *where: str) -> Reply:
        return azure_files.announce(call, self.azure, *where) or _error(400, "BadRequest", "The file is not valid.")

    def _upload(self, call: Call, tenant: Tenant, *where: str) -> Reply:
        return azure_files.upload(call, self.azure, *where) or _error(400, "BadRequest", "The chunk is not valid.")

    def _find(self, subscription_id: str, name: str) -> SandboxTicket | None:
        with self.azure.lock:
            return next((one for one in self.azure.visible(subscription_id=subscription_id) if one.name == name), None)


def _accepted(call: Call, subscription_id: str, operation: SandboxOperation) -> Reply:
    version = call.query["api-version"]
    place = f"{call.origin}/subscriptions/{subscription_id}{SUPPORT}/operationsstatus/{operation.id}"
    headers = {"Azure-AsyncOperation": f"{place}?api-version={version}", "Location": place, "Retry-After": "1"}
    return Reply(status=202, body=b"{}", headers=headers)


def _list(call: Call, items: list[dict[str, Any]], *, size: int = 100) -> Reply:
    start = call.query.get("$skiptoken", "0")
    begin = int(start) if start.isdecimal() else 0
    more = begin + size < len(items)
    link = f"{call.origin}{call.path}?{urlencode({**call.query, '$skiptoken': begin + size})}" if more else None
    return json_reply({"value": items[begin : begin + size]} | ({"nextLink": link} if link else {}))


def _absent(name: str) -> Reply:
    return _error(404, "ResourceNotFound", f"The request {name} was not found.")


def _error(status: int, code: str, message: str, *, headers: dict[str, str] | None = None) -> Reply:
    return json_reply({"error": {"code": code, "message": message}}, status=status, headers=headers)
