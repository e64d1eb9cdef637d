"""What a stale save would have overwritten: each field as it was looked at, as it is now, and as it was wanted."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise

from support.changes import words_of
from support.conversation import label_of, words_shown
from support.models import Ticket, TicketChange

_KEPT = TicketChange._meta.get_field("before").max_length or 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """`theirs` is their change of this field since, or None where nobody else touched it."""

    field: str
    label: str | Promise
    before: str
    now: str
    wanted: str
    is_mine: bool
    theirs: TicketChange | None


def differences(ticket: Ticket, *, mine: Ticket, fields: Iterable[str], version: int) -> list[Difference]:
    """Fields where the ticket as it is now is not the wanted one, against the version that the person looked at."""
    since: dict[str, list[TicketChange]] = {}
    for change in ticket.changes.filter(version__gt=version).select_related("by").order_by("pk"):
        since.setdefault(change.field, []).append(change)
    found = []
    for field in fields:
        now, wanted, changes = words_of(ticket, field), words_of(mine, field), since.get(field)
        if now == wanted:
            continue
        before = changes[0].before if changes else now
        found.append(
            Difference(
                field=field,
                label=label_of(field),
                before=words_shown(field, before),
                now=words_shown(field, now),
                wanted=words_shown(field, wanted),
                # The history keeps the beginning of a long text: where it can't tell, the wanted text counts as mine.
                is_mine=wanted != before or len(before) >= _KEPT,
                theirs=changes[-1] if changes else None,
            )
        )
    return found
