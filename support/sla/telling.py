"""Says when time promised is nearly used up, and when a promise is broken: in the transaction that notices it."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import translation

from csp_portal.notices.events import close_event, raise_event
from csp_portal.notices.kinds import EventKind, Severity
from support.models import SlaClock, Status, Ticket


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
    about = [ticket.customer] if ticket.customer else []
    raise_event(kind, key=key, severity=severity, facts=_facts(ticket, clock), now=now, customers=about)


def _facts(ticket: Ticket, clock: SlaClock) -> dict[str, object]:
    """Choices by key for programs, and in English for `notices.words`, which says them in the reader's language."""
    with translation.override("en"):
        words = {"promised": str(SlaClock.Kind(clock.kind).label), "status": str(Status(ticket.status).label)}
    moment = clock.breached_at or clock.ends_at
    when = {"broken_at" if clock.breached_at else "ends_at": moment.isoformat()} if moment else {}
    return {
        "title": str(ticket),
        "ticket": ticket.pk,
        "ticket_severity": ticket.severity,
        "promise": clock.kind,
        "minutes": clock.target_minutes,
        "owner": ticket.owner.name if ticket.owner else "",
        "path": f"/tickets/{ticket.pk}/",
        **words,
        **when,
    }
