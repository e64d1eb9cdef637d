"""Who else looks at a ticket or writes about it, so that two people do not answer at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from csp_portal.accounts.models import User
from support.models import Presence, Ticket

# The page says so every ten seconds; who said nothing for longer has left it.
GONE_AFTER = timedelta(seconds=25)
TYPING_FOR = timedelta(seconds=20)


@dataclass(frozen=True, kw_only=True, slots=True)
class Somebody:
    name: str
    is_typing: bool


def note_presence(ticket: Ticket, *, person: User, now: datetime, is_typing: bool = False) -> None:
    values = {"seen_at": now, **({"typed_at": now} if is_typing else {})}
    Presence.objects.update_or_create(ticket=ticket, person=person, defaults=values)


def others_at(ticket: Ticket, *, person: User, now: datetime) -> list[Somebody]:
    rows = Presence.objects.filter(ticket=ticket, seen_at__gt=now - GONE_AFTER).exclude(person=person)
    return [
        Somebody(name=row.person.name, is_typing=row.typed_at is not None and row.typed_at > now - TYPING_FOR)
        for row in rows.select_related("person").order_by("person__name")
    ]


def forget_presence(*, now: datetime) -> int:
    """Rows of who left yesterday."""
    return Presence.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()[0]
