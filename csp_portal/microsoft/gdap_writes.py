"""Changes of delegated administration in Microsoft Graph: one function a call, each asks for leave before it writes.

Each may raise Throttled, AccessDenied, Conflict (the ETag is not the newest, or Microsoft's state forbids it),
Unavailable (nobody knows whether it was made: no answer came, or none that can be read) or
Refused (nothing was changed; `said` is why); `may_write` is customers.writes'.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import orjson

from csp_portal.microsoft.clouds import Cloud
from csp_portal.microsoft.errors import Unavailable, UnexpectedAnswer
from csp_portal.microsoft.gdap import RELATIONSHIPS, AccessAssignment, DelegatedAdminRelationship
from csp_portal.microsoft.http import Answer, Http, WriteMethod

EXTENDS_BY, DOES_NOT_EXTEND = "P180D", "PT0S"
DEFAULT_WAIT = 10.0  # seconds; Microsoft's samples say so of an operation

Thing = TypeVar("Thing")
RequestAction = Literal["lockForApproval", "terminate", "approve", "reject"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Where a change is handed in: the partner's token and who gives leave to write."""

    http: Http
    cloud: Cloud
    token: str
    may_write: Callable[[], None]

    def send(
        self, method: WriteMethod, path: str, *, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        url = f"{self.cloud.graph_url}/v1.0/{RELATIONSHIPS}{path}"
        return self.http.write(
            method, url, cloud=self.cloud, token=self.token, may_write=self.may_write, json=json, headers=headers
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """A change that Microsoft took: at once, or as an operation at `operation_url`, to be asked after `retry_after`."""

    status: int
    correlation_id: str
    operation_url: str = ""
    retry_after: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRelationship:
    """A relationship to be asked for; without `customer_tenant_id` whichever customer opens the link may accept it.

    `duration` and `auto_extend_duration` are ISO 8601; the name is at most 50 characters and unique among all of ours
    (resources/delegatedadminrelationship.md).
    """

    name: str
    duration: str
    role_ids: Sequence[str]
    customer_tenant_id: str = ""
    auto_extend_duration: str = DOES_NOT_EXTEND

    def as_json(self) -> dict[str, Any]:
        customer = {"customer": {"tenantId": self.customer_tenant_id}} if self.customer_tenant_id else {}
        return {
            "displayName": self.name,
            "duration": self.duration,
            "autoExtendDuration": self.auto_extend_duration,
            "accessDetails": _roles(self.role_ids),
            **customer,
        }


def create_relationship(desk: Desk, *, new: NewRelationship) -> DelegatedAdminRelationship:
    """POST; the new relationship is `created` (api/tenantrelationship-post-delegatedadminrelationships.md)."""
    return _relationship(desk.send("POST", "", json=new.as_json()))


def edit_relationship(
    desk: Desk, *, relationship_id: str, etag: str, new: NewRelationship
) -> DelegatedAdminRelationship:
    """PATCH of everything that may be changed while it is `created` (api/delegatedadminrelationship-update.md)."""
    return _relationship(desk.send("PATCH", f"/{relationship_id}", json=new.as_json(), headers=_if(etag)))


def set_auto_extend(desk: Desk, *, relationship_id: str, etag: str, extends: bool) -> DelegatedAdminRelationship:
    """Let a relationship be extended by half a year when it ends, or not, while it is `created` or `active`."""
    body = {"autoExtendDuration": EXTENDS_BY if extends else DOES_NOT_EXTEND}
    return _relationship(desk.send("PATCH", f"/{relationship_id}", json=body, headers=_if(etag)))


def change_roles_of_active(desk: Desk, *, relationship_id: str, etag: str, role_ids: Sequence[str]) -> Done:
    """The roles without Global Administrator: the one other change of an `active` relationship; an operation follows.

    Source: the current page of delegatedadminrelationship-update.
    """
    body = {"accessDetails": _roles(role_ids)}
    return _done(desk.send("PATCH", f"/{relationship_id}", json=body, headers=_if(etag)))


def delete_relationship(desk: Desk, *, relationship_id: str, etag: str) -> Done:
    """Only while it is `created` (api/delegatedadminrelationship-delete.md)."""
    return _done(desk.send("DELETE", f"/{relationship_id}", headers=_if(etag)))


def request_action(desk: Desk, *, relationship_id: str, action: RequestAction) -> Done:
    """POST of a request: lock a `created` one for approval, terminate an `active` one.

    approve and reject are for an indirect reseller's consent; reject is known only with the Prefer header
    (reference 2.3). It names no ETag: Microsoft judges by the status.
    """
    headers = {"Prefer": "include-unknown-enum-members"} if action == "reject" else None
    return _done(desk.send("POST", f"/{relationship_id}/requests", json={"action": action}, headers=headers))


def create_assignment(desk: Desk, *, relationship_id: str, group_id: str, role_ids: Sequence[str]) -> AccessAssignment:
    """Give a security group of the partner's tenant roles of the relationship; `pending` at first.

    api/delegatedadminrelationship-post-accessassignments.md
    """
    container = {"accessContainerId": group_id, "accessContainerType": "securityGroup"}
    body = {"accessContainer": container, "accessDetails": _roles(role_ids)}
    return _read(desk.send("POST", f"/{relationship_id}/accessAssignments", json=body), AccessAssignment.from_json)


def change_assignment(
    desk: Desk, *, relationship_id: str, assignment_id: str, etag: str, role_ids: Sequence[str]
) -> Done:
    """Other roles for the same group: 202 with an operation, or 200 where nothing changes."""
    path = f"/{relationship_id}/accessAssignments/{assignment_id}"
    return _done(desk.send("PATCH", path, json={"accessDetails": _roles(role_ids)}, headers=_if(etag)))


def delete_assignment(desk: Desk, *, relationship_id: str, assignment_id: str, etag: str) -> Done:
    """Take the group's roles away; it is `deleting` for a while (api/delegatedadminaccessassignment-delete.md)."""
    path = f"/{relationship_id}/accessAssignments/{assignment_id}"
    return _done(desk.send("DELETE", path, headers=_if(etag)))


def _if(etag: str) -> dict[str, str]:
    return {"If-Match": etag}


def _roles(role_ids: Sequence[str]) -> dict[str, Any]:
    return {"unifiedRoles": [{"roleDefinitionId": role_id} for role_id in role_ids]}


def _relationship(answer: Answer) -> DelegatedAdminRelationship:
    return _read(answer, DelegatedAdminRelationship.from_json)


def _read(answer: Answer, read: Callable[[Mapping[str, Any]], Thing]) -> Thing:
    """What a good answer holds; one that can't be read leaves as open as none what was made."""
    try:
        document = orjson.loads(answer.body)
        return read(document if isinstance(document, dict) else {})
    except (orjson.JSONDecodeError, UnexpectedAnswer) as error:
        raise Unavailable(
            f"Graph answered {answer.status} to a change, and the answer can't be read: {str(error)[:200]}",
            correlation_id=answer.correlation_id,
        ) from error


def _done(answer: Answer) -> Done:
    address = answer.headers.get("Location", "") if answer.status == 202 else ""
    return Done(
        status=answer.status,
        correlation_id=answer.correlation_id,
        operation_url=address,
        retry_after=_seconds(answer.headers.get("Retry-After", "")) if address else 0.0,
    )


def _seconds(told: str) -> float:
    return float(told) if told.isdigit() else DEFAULT_WAIT
