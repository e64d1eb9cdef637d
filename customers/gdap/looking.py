"""Looks at Microsoft's world before an order's item goes on: what became of it, and whether it changed meanwhile."""

from dataclasses import dataclass
from datetime import datetime

from csp_portal.microsoft.errors import MicrosoftError, UnexpectedAnswer
from csp_portal.microsoft.gdap import (
    list_access_assignments,
    list_delegated_admin_relationships,
    read_delegated_admin_relationship,
    read_operation,
)
from customers.connections import Access
from customers.gdap.granted import store_assignments
from customers.gdap.outcome import LOCK_STEP, asked_of
from customers.gdap.rules import ids_in
from customers.gdap.store import note_gone, store_relationship
from customers.models import AccessAssignment, Order, OrderItem

Action = Order.Action
_OF_GROUPS = (Action.ASSIGN, Action.CHANGE_ASSIGNMENT, Action.UNASSIGN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Eyes:
    """With what an item's world is looked at."""

    access: Access
    token: str
    now: datetime


def look(item: OrderItem, *, eyes: Eyes) -> None:
    """Read the item's relationship, or find it by its name, and its group's roles; store what is new."""
    if item.relationship is None:
        _find_by_name(item, eyes=eyes)
    else:
        _read_relationship(item, eyes=eyes)
    if item.order.action in _OF_GROUPS and item.relationship and item.relationship.gone_at is None:
        _read_assignment(item, eyes=eyes)


def operation_status(item: OrderItem, *, eyes: Eyes) -> str:
    operation = read_operation(eyes.access.http, cloud=eyes.access.cloud, token=eyes.token, url=item.operation_url)
    return operation.status


def _read_relationship(item: OrderItem, *, eyes: Eyes) -> None:
    row = item.relationship
    if row is None:
        return
    try:
        found = read_delegated_admin_relationship(
            eyes.access.http, cloud=eyes.access.cloud, token=eyes.token, relationship_id=row.microsoft_id
        )
    except UnexpectedAnswer as error:
        if not is_absent(error):
            raise
        note_gone(row, now=eyes.now, item=item)
        return
    item.relationship = store_relationship(found, connection=item.connection, now=eyes.now, item=item)


def _find_by_name(item: OrderItem, *, eyes: Eyes) -> None:
    """Names are unique among all of the partner's relationships: what bears the name and is as asked for is ours."""
    asked = asked_of(item)
    name = asked.get("name")
    if not name or item.step == LOCK_STEP:
        return
    tenant = str(item.customer.tenant_id) if item.customer else ""
    everything = list_delegated_admin_relationships(eyes.access.http, cloud=eyes.access.cloud, token=eyes.token)
    for found in everything:
        is_as_asked = set(found.role_ids) == ids_in(asked) and found.customer_tenant_id in ("", tenant)
        if found.name == name and is_as_asked:
            item.relationship = store_relationship(found, connection=item.connection, now=eyes.now, item=item)
            return


def _read_assignment(item: OrderItem, *, eyes: Eyes) -> None:
    row = item.relationship
    if row is None:
        return
    found = list_access_assignments(
        eyes.access.http, cloud=eyes.access.cloud, token=eyes.token, relationship_id=row.microsoft_id
    )
    held = store_assignments(found, relationship=row, now=eyes.now, item=item)
    if item.assignment_id is None:
        group = str(asked_of(item).get("group_id", ""))
        item.assignment = next((one for one in held if str(one.group_id) == group and _is_ours(one, item=item)), None)
    else:
        item.assignment = AccessAssignment.objects.get(pk=item.assignment_id)


def _is_ours(found: AccessAssignment, *, item: OrderItem) -> bool:
    """One that failed before the order began is what the order is to mend."""
    began = item.order.started_at
    if found.status == AccessAssignment.Status.ERROR and began and found.created_at:
        return found.created_at >= began
    return found.status not in (AccessAssignment.Status.DELETING, AccessAssignment.Status.DELETED)


def is_absent(error: MicrosoftError) -> bool:
    return error.status == 404
