"""An order's rows in words, for its page, its preview and the file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from customers.gdap.outcome import asked_of, field_words
from customers.gdap.rows import role_names
from customers.models import GLOBAL_ADMINISTRATOR, Order, OrderItem, Relationship, SecurityGroup

Action = Order.Action


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One row as people read it: whom it is about, and what becomes of what."""

    item: OrderItem
    customer: str
    title: str
    changes: list[tuple[str, str, str]]  # field, before, after


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """What roles and groups are called."""

    roles: Mapping[UUID, str]
    groups: Mapping[str, str]

    def of(self, value: Any) -> str:
        if isinstance(value, list):
            return ", ".join(sorted(self.roles.get(UUID(str(one)), str(one)) for one in value)) or "–"
        if value == "P180D":
            return _("by half a year")
        text = str(value if value is not None else "")
        return self.groups.get(text) or _status_word(text) or text or "–"


def _status_word(text: str) -> str:
    return str(dict(Relationship.Status.choices).get(text, ""))


def names_of() -> Names:
    groups = SecurityGroup.objects.values_list("group_id", "name")
    return Names(roles=role_names(), groups={str(pk): name for pk, name in groups if name})


def lines_of(items: Iterable[OrderItem], *, names: Names) -> list[Line]:
    """In the given order; relationship and customer must have been loaded."""
    return [
        Line(
            item=item,
            customer=item.customer.name if item.customer else _customer_word(item),
            title=item.relationship.name if item.relationship else str(asked_of(item).get("name", "")),
            changes=changes_of(item, names=names),
        )
        for item in items
    ]


def changes_of(item: OrderItem, *, names: Names) -> list[tuple[str, str, str]]:
    """What was done, where it is done; else what is to be done."""
    before = item.before or {}
    after = item.after if item.state == OrderItem.State.DONE and item.after else {**before, **wanted_of(item)}
    words = field_words()
    return [
        (words.get(name, name), names.of(before.get(name)), names.of(value))
        for name, value in after.items()
        if before.get(name) != value and name in words
    ]


def wanted_of(item: OrderItem) -> dict[str, Any]:
    """The picture's fields as they are to be."""
    asked, action = asked_of(item), item.order.action
    roles = sorted(map(str, asked.get("role_ids") or ()))
    simple: dict[str, dict[str, Any]] = {
        Action.EXTEND: {"auto_extend_duration": "P180D"},
        Action.DO_NOT_EXTEND: {"auto_extend_duration": ""},
        Action.TERMINATE: {"status": Relationship.Status.TERMINATED.value},
        Action.LOCK: {"status": Relationship.Status.APPROVAL_PENDING.value},
        Action.ASSIGN: {"group_id": str(asked.get("group_id", "")), "group_role_ids": roles},
        Action.CHANGE_ASSIGNMENT: {"group_role_ids": roles},
        Action.UNASSIGN: {"group_status": "deleted"},
    }
    if action in simple:
        return simple[action]
    if action == Action.REMOVE_GLOBAL_ADMINISTRATOR and item.relationship:
        return {"role_ids": _without_global_administrator(item.relationship)}
    wanted: dict[str, Any] = {name: asked[name] for name in ("name", "duration") if name in asked}
    if roles and action in (Action.CREATE, Action.EDIT):
        wanted["role_ids"] = roles
    if "extends" in asked:
        wanted["auto_extend_duration"] = "P180D" if asked["extends"] else ""
    return wanted


def _without_global_administrator(relationship: Relationship) -> list[str]:
    if not relationship.has_global_administrator:
        return sorted(map(str, relationship.role_ids))
    return sorted(str(role) for role in relationship.role_ids if str(role) != GLOBAL_ADMINISTRATOR)


def _customer_word(item: OrderItem) -> str:
    named = item.relationship.customer_name if item.relationship else ""
    return named or _("Whoever accepts it")
