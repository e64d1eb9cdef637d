"""A relationship's own history: what was seen to change, and what we did about it, the newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from customers.gdap.rows import words_of
from customers.models import AccessAssignment, OrderCall, OrderItem, Relationship, RelationshipChange

MOST = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line; `call` where it was a call of ours, else `change`."""

    at: datetime
    before: str = ""
    after: str = ""
    about: str = ""  # the group
    change: RelationshipChange | None = None
    call: OrderCall | None = None


def history_of(relationship: Relationship, *, names: dict[UUID, str], groups: Mapping[str, str]) -> list[Entry]:
    """The newest entries of both kinds, at most MOST of each; `groups` are names of groups by their ids."""
    changes = relationship.changes.select_related("item__order__ordered_by").order_by("-at", "-pk")[:MOST]
    calls = OrderCall.objects.filter(item__relationship=relationship).select_related("item__order__ordered_by")
    entries = [
        *(_of_change(change, names=names, groups=groups) for change in changes),
        *(Entry(at=call.at, call=call) for call in calls.order_by("-at", "-pk")[:MOST]),
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def order_items_of(relationship: Relationship) -> list[OrderItem]:
    """What was ordered for it, the newest first."""
    items = relationship.order_items.select_related("order__ordered_by").order_by("-pk")
    return list(items[:MOST])


def _of_change(change: RelationshipChange, *, names: dict[UUID, str], groups: Mapping[str, str]) -> Entry:
    if change.field == "assignment":
        before, after = (_assignment_words(value, names=names) for value in (change.before, change.after))
        about = groups.get(change.about, change.about)
        return Entry(at=change.at, before=before, after=after, about=about, change=change)
    before, after = (_words(value, field=change.field, names=names) for value in (change.before, change.after))
    if change.field == "role_ids":
        before, after = _difference(change, names=names)
    return Entry(at=change.at, before=before, after=after, change=change)


def _difference(change: RelationshipChange, *, names: dict[UUID, str]) -> tuple[str, str]:
    """Only the roles that went and those that came."""
    before, after = (set(map(UUID, value or [])) for value in (change.before, change.after))
    return tuple(", ".join(words_of(part, names=names)) for part in (before - after, after - before))  # type: ignore[return-value]


def _assignment_words(told: object, *, names: dict[UUID, str]) -> str:
    """What is said of a group's assignment: its status, its roles, or that it is gone."""
    if not isinstance(told, dict):
        return ""
    parts = []
    if status := told.get("status"):
        parts.append(str(dict(AccessAssignment.Status.choices).get(status, status)))
    if roles := told.get("role_ids"):
        parts.append(", ".join(words_of(map(UUID, roles), names=names)))
    if told.get("gone_at"):
        parts.append(_("No longer reported"))
    return " · ".join(parts)


def _words(value: object, *, field: str, names: dict[UUID, str]) -> str:
    if value in (None, "", []):
        return ""
    if field in ("activated_at", "ends_at"):
        moment = parse_datetime(str(value))
        return date_format(localtime(moment), "DATETIME_FORMAT") if moment else str(value)
    if field in ("status", "seen", "gone"):
        return str(dict(Relationship.Status.choices).get(str(value), value))
    if field == "auto_extend_duration":
        return duration_words(str(value))
    return duration_words(str(value)) if field == "duration" else str(value)


def duration_words(text: str) -> str:
    """A duration as Microsoft sends it, in days; P2Y and the like stay as they are."""
    if text in ("PT0S", "P0D"):
        return _("not at all")
    days = text.removeprefix("P").removesuffix("D")
    return _("%(days)s days") % {"days": days} if days.isdigit() else text
