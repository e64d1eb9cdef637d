"""Whether what was ordered is so by now, judged by what is stored of Microsoft's world; asks nobody."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from customers.gdap.periods import days_of
from customers.gdap.rules import ids_in
from customers.models import GLOBAL_ADMINISTRATOR, AccessAssignment, Order, OrderItem, Relationship
from customers.models.relationship import NO_EXTENSION

Action = Order.Action
Status = Relationship.Status
LOCK_STEP = "lock"  # the second call of a creation

_CONTENT = ("name", "duration", "role_ids", "auto_extend_duration")
# What a person looked at when giving the order: where it is another by now, the person has to look again.
_MINDED: dict[str, tuple[str, ...]] = {
    Action.EDIT: _CONTENT,
    Action.DELETE: _CONTENT,
    Action.LOCK: _CONTENT,
    Action.EXTEND: ("auto_extend_duration",),
    Action.DO_NOT_EXTEND: ("auto_extend_duration",),
    Action.REMOVE_GLOBAL_ADMINISTRATOR: ("role_ids",),
    Action.CHANGE_ASSIGNMENT: ("group_role_ids",),
    Action.UNASSIGN: ("group_role_ids",),
}


class Outcome(StrEnum):
    OPEN = "OPEN"  # nothing of it is to be seen
    UNDERWAY = "UNDERWAY"  # Microsoft has taken it and works on it
    DONE = "DONE"
    FAILED = "FAILED"  # Microsoft gave up


def asked_of(item: OrderItem) -> dict[str, Any]:
    """What holds for this item: the order's parameters, and over them its own."""
    return {**item.order.parameters, **item.parameters}


def kind_of(item: OrderItem) -> str:
    """The action of the item's present step."""
    return Action.LOCK if item.step == LOCK_STEP else item.order.action


def picture_of(relationship: Relationship | None, *, assignment: AccessAssignment | None = None) -> dict[str, Any]:
    """What is shown and kept as before and after."""
    if relationship is None:
        return {}
    shown = {
        "status": relationship.status,
        "name": relationship.name,
        "duration": relationship.duration,
        "auto_extend_duration": "" if relationship.auto_extend_duration in NO_EXTENSION else "P180D",
        "role_ids": sorted(map(str, relationship.role_ids)),
    }
    if assignment is not None:
        shown |= {
            "group_id": str(assignment.group_id),
            "group_role_ids": sorted(map(str, assignment.role_ids)),
            "group_status": "gone" if assignment.gone_at else assignment.status,
        }
    return shown


def what_differs(item: OrderItem) -> list[str]:
    """What has changed of that which the person saw when giving the order, by the names of the picture's fields."""
    before: Mapping[str, Any] = item.before or {}
    now = picture_of(item.relationship, assignment=item.assignment)
    return [name for name in _MINDED.get(item.order.action, ()) if name in before and before[name] != now.get(name)]


def outcome_of(item: OrderItem) -> Outcome:
    return _OUTCOMES[Action(kind_of(item))](item)


def field_words() -> dict[str, str]:
    """How the fields of a picture are called."""
    return {
        "status": _("Status"),
        "name": _("Name"),
        "duration": _("Duration"),
        "auto_extend_duration": _("Automatic extension"),
        "role_ids": _("Roles"),
        "group_id": _("Group"),
        "group_role_ids": _("Roles of the group"),
        "group_status": _("State of the group’s roles"),
    }


def _created(item: OrderItem) -> Outcome:
    return Outcome.DONE if item.relationship_id else Outcome.OPEN


def _edited(item: OrderItem) -> Outcome:
    found, asked = item.relationship, asked_of(item)
    if found is None:
        return Outcome.OPEN
    is_so = (
        ("name" not in asked or found.name == asked["name"])
        and ("duration" not in asked or days_of(found.duration) == days_of(asked["duration"]))
        and ("role_ids" not in asked or set(map(str, found.role_ids)) == ids_in(asked))
        and ("extends" not in asked or found.auto_extends == asked["extends"])
    )
    return Outcome.DONE if is_so else Outcome.OPEN


def _deleted(item: OrderItem) -> Outcome:
    return Outcome.DONE if item.relationship and item.relationship.gone_at else Outcome.OPEN


def _locked(item: OrderItem) -> Outcome:
    is_new = item.relationship is None or item.relationship.status == Status.CREATED
    return Outcome.OPEN if is_new else Outcome.DONE


def _terminated(item: OrderItem) -> Outcome:
    status = item.relationship.status if item.relationship else ""
    if status == Status.TERMINATED:
        return Outcome.DONE
    is_ending = status in (Status.TERMINATION_REQUESTED, Status.TERMINATING)
    return Outcome.UNDERWAY if is_ending else Outcome.OPEN


def _extends(item: OrderItem) -> Outcome:
    return Outcome.DONE if item.relationship and item.relationship.auto_extends else Outcome.OPEN


def _does_not_extend(item: OrderItem) -> Outcome:
    return Outcome.DONE if item.relationship and not item.relationship.auto_extends else Outcome.OPEN


def _without_global_administrator(item: OrderItem) -> Outcome:
    found = item.relationship
    if found is None or GLOBAL_ADMINISTRATOR in map(str, found.role_ids):
        return Outcome.OPEN
    return Outcome.DONE


def _assigned(item: OrderItem) -> Outcome:
    found = item.assignment
    if found is None or found.gone_at or set(map(str, found.role_ids)) != ids_in(asked_of(item)):
        return Outcome.OPEN
    if found.status == AccessAssignment.Status.ERROR:
        return Outcome.FAILED
    return Outcome.DONE if found.status == AccessAssignment.Status.ACTIVE else Outcome.UNDERWAY


def _unassigned(item: OrderItem) -> Outcome:
    found = item.assignment
    if found is None or found.gone_at or found.status == AccessAssignment.Status.DELETED:
        return Outcome.DONE
    return Outcome.UNDERWAY if found.status == AccessAssignment.Status.DELETING else Outcome.OPEN


def _never_seen(item: OrderItem) -> Outcome:
    """Of a consent Microsoft shows nothing; its answer alone says so."""
    return Outcome.OPEN


_OUTCOMES: dict[Action, Callable[[OrderItem], Outcome]] = {
    Action.CREATE: _created,
    Action.EDIT: _edited,
    Action.DELETE: _deleted,
    Action.LOCK: _locked,
    Action.TERMINATE: _terminated,
    Action.EXTEND: _extends,
    Action.DO_NOT_EXTEND: _does_not_extend,
    Action.REMOVE_GLOBAL_ADMINISTRATOR: _without_global_administrator,
    Action.ASSIGN: _assigned,
    Action.CHANGE_ASSIGNMENT: _assigned,
    Action.UNASSIGN: _unassigned,
    Action.CONSENT: _never_seen,
}
