"""The sandbox's service requests in Partner Center: a person may list, read and annotate them (reference 3.3)."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from csp_portal.microsoft.sandbox.azure_json import iso
from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.wire import Call, Reply, json_reply, partner_center_error

_OF_CUSTOMER = re.compile(r"/customers/([^/]+)/servicerequests")
_ONE = re.compile(r"/servicerequests/([^/]+)")


@dataclass(kw_only=True)
class SandboxRequest:
    id: str
    tenant_id: str
    title: str
    status: object = 1
    severity: object = 2
    made_at: float = 0.0
    changed_at: float = 0.0
    notes: list[dict[str, str]] = field(default_factory=list)

    def as_json(self, *, has_notes: bool) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": self.id,
            "title": self.title,
            "description": self.title,
            "severity": self.severity,
            "status": self.status,
            "supportTopicName": "Account, onboarding, access",
            "productName": "Partner Center",
            "primaryContact": {"firstName": "Kim", "lastName": "Lee"},
            "createdDate": iso(self.made_at),
            "lastModifiedDate": iso(self.changed_at),
            "attributes": {"objectType": "ServiceRequest"},
        }
        return {**told, "notes": list(self.notes)} if has_notes else told


class RequestDesk:
    """Whoever changes it holds `lock`; `to_drop` says where the next notes lose their connection."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self.now, self.lock = now, threading.RLock()
        self.requests: dict[str, SandboxRequest] = {}
        self.to_drop: list[str] = []

    def make(self, tenant: Tenant, *, id: str, title: str) -> SandboxRequest:
        made = SandboxRequest(id=id, tenant_id=tenant.tenant_id, title=title, made_at=self.now(), changed_at=self.now())
        self.requests[id] = made
        return made

    def note(self, one: SandboxRequest, *, text: str, who: str = "Ada of Microsoft") -> None:
        with self.lock:
            one.changed_at = self.now()
            one.notes.append({"createdByName": who, "createdDate": iso(one.changed_at), "text": text})

    def act(self, path: list[str], asked: dict[str, Any], *, find: Callable[[str], Tenant]) -> Reply:
        """The control desk's part: a request is made, or Microsoft writes a note."""
        with self.lock:
            if not path:
                made = self.make(find(asked["tenant"]), id=asked["id"], title=asked["title"])
                return json_reply(made.as_json(has_notes=True), status=201)
            one = self.requests[path[0]]
            self.note(one, text=asked["text"])
            return json_reply(one.as_json(has_notes=True))

    def answer(self, call: Call, path: str, *, is_person: bool) -> Reply | None:
        """None where the address is another one."""
        of_customer, one = _OF_CUSTOMER.fullmatch(path), _ONE.fullmatch(path)
        if of_customer is None and one is None:
            return None
        if not is_person:
            return partner_center_error(status=403, code=400, description="Access denied: App+User is required.")
        with self.lock:
            if of_customer is not None:
                mine = [
                    row.as_json(has_notes=False) for row in self.requests.values() if row.tenant_id == of_customer[1]
                ]
                return json_reply({"totalCount": len(mine), "items": mine, "attributes": {"objectType": "Collection"}})
            row = self.requests.get(one[1]) if one else None
            if row is None:
                return partner_center_error(status=404, code=1000, description="The resource was not found.")
            return self._patch(call, row) if call.method == "PATCH" else json_reply(row.as_json(has_notes=True))

    def _patch(self, call: Call, row: SandboxRequest) -> Reply:
        if self.to_drop[:1] == ["before"]:
            self.to_drop.pop(0)
            return Reply(reset=True)
        said = orjson.loads(call.body or b"{}").get("NewNote") or {}
        if not said.get("Text"):
            return partner_center_error(status=400, code=3000, description="NewNote.Text is required.")
        self.note(row, text=said["Text"], who="Partner")
        if self.to_drop[:1] == ["after"]:
            self.to_drop.pop(0)
            return Reply(reset=True)
        return json_reply(row.as_json(has_notes=True))
