"""Warns of each end of access at 90, 60, 30, 14, 7, 1 and 0 days before it, each once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.urls import reverse

from csp_portal.notices.events import Raised, close_events, raise_events
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Event
from customers.gdap.endings import ending, lapsing
from customers.gdap.queries import lapses_at
from customers.models import AccessEndMark, Relationship

MARKS = (0, 1, 7, 14, 30, 60, 90)  # days before the end
OF_INVITATIONS = MARKS[:-1]  # which last 90 days themselves
TOLD_AFTER = timedelta(days=30)  # an alert of access that ended longer ago is closed, and none is raised any more
_DAY = timedelta(days=1)
_LOCK = 7_310_500_016  # of this work alone: it closes what it does not find, so two must not look at different moments
_LAST_WEEK, _LAST_MONTH = 7, 30
_KINDS = {
    AccessEndMark.What.ACCESS: EventKind.ACCESS_ENDS,
    AccessEndMark.What.INVITATION: EventKind.INVITATION_LAPSES,
}
_NOTE = """
    INSERT INTO customers_accessendmark (relationship_id, what, ends_at, days, noted_at)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::smallint[], %s::timestamptz[])
    ORDER BY 1, 2, 3, 4
    ON CONFLICT DO NOTHING
    RETURNING relationship_id, what
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """The end of a relationship's access or of an invitation, and the mark that was passed last."""

    relationship: Relationship
    what: AccessEndMark.What
    at: datetime
    days: int

    @property
    def key(self) -> str:
        return f"access-end/{self.relationship.pk}/{self.what}/{self.at.isoformat()}/{self.days}"


def note_access_ends(*, now: datetime) -> int:
    """Raise the alert of each mark that was passed and not yet noted; returns how many.

    Who was away for a week raises the most urgent mark alone. An alert lasts until the next mark, or until the access
    is extended, replaced or given back.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        ends = {(end.relationship.pk, end.what): end for end in _ends(now=now)}
        fresh = _note(list(ends.values()), now=now)
        raise_events([_raised(ends[key]) for key in fresh], now=now)
        lasting = {end.key for end in ends.values()}
        known = Event.objects.active().filter(kind__in=_KINDS.values()).values_list("key", flat=True)
        close_events([key for key in known if key not in lasting], now=now)
    return len(fresh)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reminder:
    """An alert of an invitation that nobody answers: each comes once; a portal that was off leaves some out."""

    at: datetime
    days: int
    noted_at: datetime | None
    is_past: bool


def reminders_of(relationship: Relationship, *, now: datetime) -> list[Reminder]:
    """The first one first; none where no answer is waited for."""
    lapse = lapses_at(relationship)
    if lapse is None or relationship.gone_at is not None:
        return []
    marks = relationship.end_marks.filter(what=AccessEndMark.What.INVITATION, ends_at=lapse)
    noted = dict(marks.values_list("days", "noted_at"))
    moments = [(days, lapse - days * _DAY) for days in reversed(OF_INVITATIONS)]
    return [Reminder(at=at, days=days, noted_at=noted.get(days), is_past=at < now) for days, at in moments]


def close_invitations(relationships: Iterable[int], *, now: datetime) -> None:
    """Their customers have answered, or they have lapsed: nothing is to be done about them any more."""
    begins = tuple(f"access-end/{pk}/{AccessEndMark.What.INVITATION}/" for pk in relationships)
    if not begins:
        return
    known = Event.objects.active().filter(kind=EventKind.INVITATION_LAPSES).values_list("key", flat=True)
    close_events([key for key in known if key.startswith(begins)], now=now)


def _ends(*, now: datetime) -> Iterator[End]:
    rows = Relationship.objects.select_related("customer").order_by()
    since = now - TOLD_AFTER
    for row in ending(rows, after=since, before=now + (MARKS[-1] + 1) * _DAY):
        yield _end(row, what=AccessEndMark.What.ACCESS, at=row.ends_at, now=now)
    for row in lapsing(rows, after=since, before=now + (OF_INVITATIONS[-1] + 1) * _DAY):
        yield _end(row, what=AccessEndMark.What.INVITATION, at=row.lapses_at, now=now)


def _end(row: Relationship, *, what: AccessEndMark.What, at: datetime, now: datetime) -> End:
    left = (at - now) // _DAY
    return End(relationship=row, what=what, at=at, days=next(mark for mark in MARKS if left <= mark))


def _note(ends: list[End], *, now: datetime) -> list[tuple[int, AccessEndMark.What]]:
    """Which of these were not noted before; of two who note the same the database answers one."""
    if not ends:
        return []
    rows = [(end.relationship.pk, end.what.value, end.at, end.days, now) for end in ends]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [list(column) for column in zip(*rows, strict=True)])
        return [(pk, AccessEndMark.What(what)) for pk, what in cursor.fetchall()]


def _raised(end: End) -> Raised:
    row = end.relationship
    customer = row.customer
    return Raised(
        kind=_KINDS[end.what],
        key=end.key,
        severity=_severity(end.days),
        facts={
            "title": customer.name if customer else row.customer_name or row.name,
            "relationship": row.name,
            "ends_at": end.at.isoformat(),
            "days_left": end.days,
            "path": reverse("gdap:relationship_page", args=[row.pk]),
        },
        cloud=customer.cloud if customer else "",
        customers=[row.customer_id] if row.customer_id else [],
    )


def _severity(days: int) -> Severity:
    if days <= _LAST_WEEK:
        return Severity.CRITICAL
    return Severity.WARNING if days <= _LAST_MONTH else Severity.INFO
