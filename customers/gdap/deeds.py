"""The one call to Microsoft that each action of an order is, and what its answer said."""

from collections.abc import Callable
from dataclasses import dataclass

from csp_portal.microsoft import gdap_writes as writes
from csp_portal.microsoft.gdap import AccessAssignment, DelegatedAdminRelationship
from csp_portal.microsoft.gdap_writes import Desk, NewRelationship
from csp_portal.microsoft.partner_center import ApplicationGrant, grant_application_consent
from customers.gdap.outcome import asked_of, kind_of
from customers.models import GLOBAL_ADMINISTRATOR, Order, OrderItem

Action = Order.Action
_GRAPH = "00000003-0000-0000-c000-000000000000"  # Microsoft Graph as an application
_SCOPES = "ServiceHealth.Read.All,ServiceMessage.Read.All,Organization.Read.All"


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What Microsoft's good answer told: the thing as it is now, or where to ask when it will be."""

    relationship: DelegatedAdminRelationship | None = None
    assignment: AccessAssignment | None = None
    operation_url: str = ""
    wait: float = 0.0
    is_final: bool = False  # there is nothing that one could look at


def make_call(item: OrderItem, *, desk: Desk) -> Told:
    """The call of the item's present step, with the ETag that is stored of the thing."""
    return _DEEDS[Action(kind_of(item))](item, desk)


def _new_of(item: OrderItem) -> NewRelationship:
    """As asked; what an edit does not speak of stays as it is."""
    asked, found = asked_of(item), item.relationship
    if found is not None:
        as_is = {"name": found.name, "duration": found.duration, "role_ids": [str(one) for one in found.role_ids]}
        asked = {**as_is, "extends": found.auto_extends, **asked}
    tenant = item.customer.tenant_id if item.customer else found.customer_tenant_id if found else None
    return NewRelationship(
        name=asked["name"],
        duration=asked["duration"],
        role_ids=asked["role_ids"],
        customer_tenant_id=str(tenant or ""),
        auto_extend_duration=writes.EXTENDS_BY if asked.get("extends") else writes.DOES_NOT_EXTEND,
    )


def _names(item: OrderItem) -> tuple[str, str]:
    """Id and ETag of the item's relationship, which the rules have made sure of."""
    if item.relationship is None:
        raise ValueError(f"{item} has no relationship.")
    return item.relationship.microsoft_id, item.relationship.etag


def _create(item: OrderItem, desk: Desk) -> Told:
    return Told(relationship=writes.create_relationship(desk, new=_new_of(item)))


def _edit(item: OrderItem, desk: Desk) -> Told:
    pk, etag = _names(item)
    return Told(relationship=writes.edit_relationship(desk, relationship_id=pk, etag=etag, new=_new_of(item)))


def _delete(item: OrderItem, desk: Desk) -> Told:
    pk, etag = _names(item)
    writes.delete_relationship(desk, relationship_id=pk, etag=etag)
    return Told()


def _lock(item: OrderItem, desk: Desk) -> Told:
    writes.request_action(desk, relationship_id=_names(item)[0], action="lockForApproval")
    return Told()


def _terminate(item: OrderItem, desk: Desk) -> Told:
    writes.request_action(desk, relationship_id=_names(item)[0], action="terminate")
    return Told()


def _set_auto_extend(item: OrderItem, desk: Desk) -> Told:
    pk, etag = _names(item)
    extends = item.order.action == Action.EXTEND
    return Told(relationship=writes.set_auto_extend(desk, relationship_id=pk, etag=etag, extends=extends))


def _remove_global_administrator(item: OrderItem, desk: Desk) -> Told:
    pk, etag = _names(item)
    held = [str(role) for role in item.relationship.role_ids] if item.relationship else []
    kept = [role for role in held if role != GLOBAL_ADMINISTRATOR]
    return _of(writes.change_roles_of_active(desk, relationship_id=pk, etag=etag, role_ids=kept))


def _assign(item: OrderItem, desk: Desk) -> Told:
    asked = asked_of(item)
    made = writes.create_assignment(
        desk, relationship_id=_names(item)[0], group_id=asked["group_id"], role_ids=asked["role_ids"]
    )
    return Told(assignment=made)


def _change_assignment(item: OrderItem, desk: Desk) -> Told:
    pk, etag = _names_of_assignment(item)
    done = writes.change_assignment(
        desk, relationship_id=_names(item)[0], assignment_id=pk, etag=etag, role_ids=asked_of(item)["role_ids"]
    )
    return _of(done)


def _unassign(item: OrderItem, desk: Desk) -> Told:
    pk, etag = _names_of_assignment(item)
    writes.delete_assignment(desk, relationship_id=_names(item)[0], assignment_id=pk, etag=etag)
    return Told()


def _consent(item: OrderItem, desk: Desk) -> Told:
    if item.customer is None:
        raise ValueError(f"{item} has no customer.")
    scope = str(asked_of(item).get("scope", _SCOPES))
    grant_application_consent(
        desk.http,
        cloud=desk.cloud,
        token=desk.token,
        tenant_id=str(item.customer.tenant_id),
        application_id=str(item.connection.client_id),
        grants=[ApplicationGrant(enterprise_application_id=_GRAPH, scope=scope)],
        may_write=desk.may_write,
    )
    return Told(is_final=True)


def _names_of_assignment(item: OrderItem) -> tuple[str, str]:
    if item.assignment is None:
        raise ValueError(f"{item} has no assignment.")
    return item.assignment.microsoft_id, item.assignment.etag


def _of(done: writes.Done) -> Told:
    return Told(operation_url=done.operation_url, wait=done.retry_after)


_DEEDS: dict[Action, Callable[[OrderItem, Desk], Told]] = {
    Action.CREATE: _create,
    Action.EDIT: _edit,
    Action.DELETE: _delete,
    Action.LOCK: _lock,
    Action.TERMINATE: _terminate,
    Action.EXTEND: _set_auto_extend,
    Action.DO_NOT_EXTEND: _set_auto_extend,
    Action.REMOVE_GLOBAL_ADMINISTRATOR: _remove_global_administrator,
    Action.ASSIGN: _assign,
    Action.CHANGE_ASSIGNMENT: _change_assignment,
    Action.UNASSIGN: _unassign,
    Action.CONSENT: _consent,
}
