"""Graph's tenantRelationships in the partner's tenant, as it is changed: every change counted, faults played."""

from collections.abc import Callable
from typing import Any

import orjson

from csp_portal.microsoft.sandbox.gdap import (
    Assignment,
    Operation,
    Relationship,
    assignment_json,
    relationship_etag,
    relationship_json,
    request_json,
)
from csp_portal.microsoft.sandbox.gdap_assignments import assign, reassign, unassign
from csp_portal.microsoft.sandbox.gdap_desk import WriteFault
from csp_portal.microsoft.sandbox.gdap_rules import Refusal
from csp_portal.microsoft.sandbox.odata import entity
from csp_portal.microsoft.sandbox.relationships import ROOT, absent
from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.wire import Call, Reply, graph_error
from csp_portal.microsoft.sandbox.world import World

_LIST = "/v1.0/tenantRelationships/delegatedAdminRelationships"
Doing = Callable[[], Reply]


class RelationshipChanges:
    """Each method answers one write; nothing else happens meanwhile, for all of them hold the lock."""

    def __init__(self, world: World) -> None:
        self.gdap, self.desk = world.gdap, world.gdap_desk

    def create(self, call: Call, tenant: Tenant) -> Reply:
        made: list[str] = []

        def do() -> Reply:
            new = self.gdap.create(_body(call))
            made.append(new.id)
            reply = entity(call, relationship_json(new), context=f"{ROOT}delegatedAdminRelationships")
            return _created(reply, at=f"{call.origin}{_LIST}/{new.id}")

        return self._play(call, "POST", "", do, made=made)

    def change(self, call: Call, tenant: Tenant, relationship_id: str) -> Reply:
        def do(found: Relationship) -> Reply:
            _refuse_other_version(call, relationship_etag(found))
            operation = self.gdap.change(found, _body(call))
            if operation is not None:
                return self._accepted(call, found, operation)
            return entity(call, relationship_json(found), context=f"{ROOT}delegatedAdminRelationships")

        return self._of(call, "PATCH", relationship_id, do)

    def delete(self, call: Call, tenant: Tenant, relationship_id: str) -> Reply:
        def do(found: Relationship) -> Reply:
            _refuse_other_version(call, relationship_etag(found))
            self.gdap.delete(found)
            return Reply(status=204)

        return self._of(call, "DELETE", relationship_id, do)

    def ask(self, call: Call, tenant: Tenant, relationship_id: str) -> Reply:
        def do(found: Relationship) -> Reply:
            asked = _body(call)
            action = str(asked.get("action", "")) if isinstance(asked, dict) else ""
            knows_reject = "include-unknown-enum-members" in call.headers.get("prefer", "")
            request = self.gdap.ask(found, action, knows_reject=knows_reject)
            at = f"{call.origin}{_LIST}/{found.id}/requests/{request.id}"
            return _created(entity(call, request_json(request), context=f"{ROOT}requests"), at=at)

        return self._of(call, "POST requests", relationship_id, do)

    def assign(self, call: Call, tenant: Tenant, relationship_id: str) -> Reply:
        def do(found: Relationship) -> Reply:
            new = assign(self.gdap, found, _body(call))
            at = f"{call.origin}{_LIST}/{found.id}/accessAssignments/{new.id}"
            return _created(entity(call, assignment_json(new), context=f"{ROOT}accessAssignments"), at=at)

        return self._of(call, "POST accessAssignments", relationship_id, do)

    def reassign(self, call: Call, tenant: Tenant, relationship_id: str, assignment_id: str) -> Reply:
        def do(found: Relationship) -> Reply:
            one = self._assignment(found, assignment_id)
            _refuse_other_version(call, one.etag)
            operation = reassign(self.gdap, found, one, _body(call))
            if operation is not None:
                return self._accepted(call, found, operation)
            return entity(call, assignment_json(one), context=f"{ROOT}accessAssignments")

        return self._of(call, "PATCH accessAssignments", relationship_id, do)

    def unassign(self, call: Call, tenant: Tenant, relationship_id: str, assignment_id: str) -> Reply:
        def do(found: Relationship) -> Reply:
            one = self._assignment(found, assignment_id)
            _refuse_other_version(call, one.etag)
            unassign(self.gdap, found, one)
            return Reply(status=204)

        return self._of(call, "DELETE accessAssignments", relationship_id, do)

    def _of(self, call: Call, verb: str, relationship_id: str, do: Callable[[Relationship], Reply]) -> Reply:
        def at_found() -> Reply:
            found = self.gdap.find(relationship_id)
            return absent(call) if found is None else do(found)

        return self._play(call, verb, relationship_id, at_found, made=[relationship_id])

    def _play(self, call: Call, verb: str, relationship_id: str, do: Doing, *, made: list[str]) -> Reply:
        with self.gdap.lock:
            fault = self.desk.take_fault(relationship_id)
            done = _refusing(call, do) if fault is None or fault.is_made else Reply(status=503)
            reply = done if fault is None else _faulty(call, fault)
            is_made = done.status < 300
            key = made[0] if made else relationship_id
            self.desk.count(key, verb, status=0 if reply.reset else reply.status, is_made=is_made)
            return reply

    def _accepted(self, call: Call, found: Relationship, operation: Operation) -> Reply:
        at = f"{call.origin}{_LIST}/{found.id}/operations/{operation.id}"
        return Reply(status=202, body=b"{}", headers={"Location": at, "Retry-After": str(self.gdap.retry_after)})

    def _assignment(self, found: Relationship, assignment_id: str) -> Assignment:
        one = self.gdap.parts(found).assignments.get(assignment_id)
        if one is None:
            raise Refusal("The resource does not exist.", status=404, code="itemNotFound")
        return one


def _refusing(call: Call, do: Doing) -> Reply:
    try:
        return do()
    except Refusal as refusal:
        return graph_error(call, status=refusal.status, code=refusal.code, message=refusal.message)


def _faulty(call: Call, fault: WriteFault) -> Reply:
    if isinstance(fault.answer, str):
        return Reply(reset=True)
    said = {
        403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        412: ("preconditionFailed", "The ETag in If-Match is not the one of the resource."),
        429: ("TooManyRequests", "Too many requests. Please retry after the given time."),
        500: ("InternalServerError", "The service could not answer. Try again later."),
        503: ("ServiceUnavailable", "The service is busy. Try again later."),
    }
    code, message = said[fault.answer]
    waits = fault.retry_after if fault.answer in (429, 503) else 0
    return graph_error(call, status=fault.answer, code=code, message=message, retry_after=waits)


def _body(call: Call) -> Any:
    try:
        return orjson.loads(call.body)
    except orjson.JSONDecodeError as error:
        raise Refusal("The body is not JSON.") from error


def _refuse_other_version(call: Call, newest: str) -> None:
    if "if-match" not in call.headers:
        raise Refusal("The header If-Match is required.")
    if call.headers["if-match"] != newest:
        raise Refusal("The ETag in If-Match is not the one of the resource.", status=412, code="preconditionFailed")


def _created(reply: Reply, *, at: str) -> Reply:
    return Reply(status=201, body=reply.body, headers={"Location": at})
