"""Says when time promised is nearly used up, and when a promise is broken: in the transaction that notices it."""

from collections.abc import Iterable
from datetime import datetime

from csp_portal.notices.events import close_event, raise_event
from csp_portal.notices.kinds import EventKind, Severity
from support.models import SlaClock, Ticket


def tell_marks(ticket: Ticket, clocks: Iterable[SlaClock], *, now: datetime) -> None:
    """One event for each mark of each clock, however often and by how many workers it is looked at."""
    for clock in clocks:
        if clock.ended_at is not None:
            continue
        if clock.breached_at is not None and clock.told_at is None:
            clock.told_at = now
            clock.warned_at = clock.warned_at or now
            close_event(_key(clock, "ends"), now=now)
            kind = EventKind.MICROSOFT_LATE if clock.kind == SlaClock.Kind.MICROSOFT else EventKind.PROMISE_BROKEN
            _raise(kind, ticket, clock, key=_key(clock, "broken"), severity=Severity.CRITICAL, now=now)
        elif clock.warned_at is None and clock.is_running and clock.used >= clock.warning:
            clock.warned_at = now
            _raise(EventKind.PROMISE_ENDS, ticket, clock, key=_key(clock, "ends"), severity=Severity.WARNING, now=now)


def close_marks(clock: SlaClock, *, now: datetime) -> None:
    for mark in ("ends", "broken"):
        close_event(_key(clock, mark), now=now)


def _key(clock: SlaClock, mark: str) -> str:
    return f"ticket/{clock.ticket_id}/{clock.kind}/{clock.started_at:%Y%m%dT%H%M%S}/{mark}"


def _raise(kind: EventKind, ticket: Ticket, clock: SlaClock, *, key: str, severity: Severity, now: datetime) -> None:
    facts = {
        "title": str(ticket),
        "promise": clock.kind,
        "minutes": clock.target_minutes,
        "path": f"/tickets/{ticket.pk}/",
    }
    about = [ticket.customer] if ticket.customer else []
    raise_event(kind, key=key, severity=severity, facts=facts, now=now, customers=about)
