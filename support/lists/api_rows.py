"""A ticket in a list for programs: `TicketSerializer` straight from the columns, without its machinery."""

from collections.abc import Mapping
from typing import Any

from support.models import NEVER, TURN_OF

_FROM: Mapping[str, str] = {
    "tenant_id": "customer__tenant_id",
    "customer": "customer__name",
    "service": "service__name",
    "queue": "queue__name",
    "owner": "owner__name",
    "issue": "issue__microsoft_id",
}
_PLAIN = (
    *("requester_name", "requester_address", "subject", "family", "kind", "severity", "status", "tags", "language"),
    *("channel", "created_at", "updated_at", "asked_at", "answered_at", "first_answered_at", "solved_at", "closed_at"),
    *("promise_at", "reopened", "snoozed_until", "version"),
)
_NAMES = (*_FROM, *_PLAIN)
COLUMNS = (*_FROM.values(), *_PLAIN, "id", "pk")
_TURNS = {status.value: turn.value for status, turn in TURN_OF.items()}


def told(row: tuple[Any, ...]) -> dict[str, Any]:
    """A row of COLUMNS as it leaves."""
    said = dict(zip(_NAMES, row, strict=False))
    for name in ("customer", "service", "owner", "issue"):
        said[name] = said[name] or ""
    if said["promise_at"] == NEVER:
        said["promise_at"] = None
    return {"number": row[-1], **said, "turn": _TURNS[said["status"]]}
