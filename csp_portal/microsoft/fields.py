"""Reads single fields of Microsoft's JSON, tolerant where Microsoft is sloppy and plain where something is missing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from csp_portal.microsoft.errors import UnexpectedAnswer


def required_text(raw: Mapping[str, Any], name: str, *, of: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not value:
        raise UnexpectedAnswer(f"Microsoft sent a {of} without the field {name}.")
    return value.replace("\x00", "")


def text(raw: Mapping[str, Any], name: str) -> str:
    """The text without NUL, which PostgreSQL does not store."""
    value = raw.get(name)
    return "" if value is None else str(value).replace("\x00", "")


def moment(raw: Mapping[str, Any], name: str, *, of: str) -> datetime | None:
    """A moment in UTC; null, "" (Microsoft's docs show it) and the year 1 (.NET's empty date) are None."""
    value = raw.get(name)
    if not value or str(value).startswith("0001-01-01"):
        return None
    try:
        found = datetime.fromisoformat(str(value))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:  # the last day of the calendar may lie beyond it in UTC
        raise UnexpectedAnswer(f"Microsoft sent a {of} whose {name} is {str(value)[:60]!r}, not a date.") from error


def part(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The nested object, or an empty one where there is none."""
    value = raw.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnexpectedAnswer(f"Microsoft sent {name} as something else than an object.")
    return value


def parts(raw: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The nested list of objects, or an empty one where there is none."""
    value = raw.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise UnexpectedAnswer(f"Microsoft sent {name} as something else than a list of objects.")
    return value
