"""Keeps the clocks of a ticket: banks the time used so far, and works out when each will have been used up."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from csp_portal.calendars.hours import ALWAYS, Hours, after_open_time, hours_as_told, hours_of, open_time_between
from support.models import NEVER, SlaClock, Ticket, TurnSpan
from support.sla.policies import Promise, promise_of
from support.sla.rounds import Round, rounds_of
from support.sla.telling import close_marks, tell_marks

Kind = SlaClock.Kind
# A ticket with a running clock is looked at again at least so often, so that a calendar that was changed counts soon.
LOOKED_AT_AGAIN = timedelta(hours=1)
# The same where no clock runs: its customer may have got another tier, or hours.
LOOKED_AT_DAILY = timedelta(days=1)
# These stay what they were: a reopened ticket goes on with the time that it had used.
_ONLY_ONCE = (Kind.FIRST_RESPONSE, Kind.SOLUTION)


def follow(ticket: Ticket, *, now: datetime) -> None:
    """Bring the clocks into step with a ticket that the caller holds locked, and will save."""
    kept = SlaClock.objects.select_for_update(of=("self",)).select_related("calendar", "policy").filter(ticket=ticket)
    clocks = {clock.kind: clock for clock in kept.filter(Q(ended_at__isnull=True) | Q(kind__in=_ONLY_ONCE))}
    promise = promise_of(ticket, now=now)
    for clock in clocks.values():
        bank(clock, now=now)
    rounds = rounds_of(ticket, running=clocks, pauses_in=promise.pauses_in, now=now)
    for kind in Kind.values:
        _keep_step(ticket, kind, clocks, rounds.get(kind), promise=promise, now=now)
    tell_marks(ticket, clocks.values(), now=now)
    for clock in clocks.values():
        clock.save()
    idle = None if ticket.is_ended else now + LOOKED_AT_DAILY
    ticket.clocks_due_at = next_mark(clocks.values(), now=now) or idle
    ticket.promise_at = next_promise(clocks.values())


def bank(clock: SlaClock, *, now: datetime) -> None:
    """Count what ran since the last reckoning, by the hours that held until now, and note the end if it was passed."""
    if clock.running_since is None or clock.running_since >= now:
        return
    hours = hours_behind(clock)
    if clock.breached_at is None:
        end = after_open_time(hours, start=clock.running_since, wanted=clock.target - clock.used)
        clock.breached_at = end if end is not None and end <= now else None
    clock.used += open_time_between(hours, start=clock.running_since, end=now)
    clock.running_since = now


def _keep_step(
    ticket: Ticket, kind: str, clocks: dict[str, SlaClock], wanted: Round | None, *, promise: Promise, now: datetime
) -> None:
    clock, minutes = clocks.get(kind), promise.minutes.get(kind)
    if wanted is None or minutes is None or wanted.ended_at is not None:
        if clock is not None and clock.ended_at is None:
            _end(clock, at=wanted.ended_at or now if wanted else now)
        return
    if clock is not None and kind not in _ONLY_ONCE and clock.started_at != wanted.began_at:
        _end(clock, at=now)
        clock.save()
        clock = None
    if clock is None:
        used = _used_before(ticket, wanted.began_at, promise=promise, now=now)
        clock = clocks[kind] = SlaClock(ticket=ticket, kind=kind, started_at=wanted.began_at, used=used)
    _go_on(clock, wanted, minutes=minutes, promise=promise, now=now)


def _go_on(clock: SlaClock, wanted: Round, *, minutes: int, promise: Promise, now: datetime) -> None:
    is_ours = clock.kind != Kind.MICROSOFT
    clock.policy, clock.calendar = (promise.policy, promise.calendar) if is_ours else (None, None)
    clock.hours = promise.kept if is_ours else None
    clock.target_minutes, clock.ended_at = minutes, None
    clock.running_since = None if wanted.is_paused else now
    left = clock.target - clock.used
    if clock.breached_at is None and left <= timedelta():
        clock.breached_at = now
    hours = promise.hours if is_ours else ALWAYS
    is_counting = clock.is_running and left > timedelta()
    clock.ends_at = after_open_time(hours, start=now, wanted=left) if is_counting else None


def _used_before(ticket: Ticket, since: datetime, *, promise: Promise, now: datetime) -> timedelta:
    """What a clock that begins late would have counted: a new promise knows the time in which it would have stood."""
    if since >= now:
        return timedelta()
    spans = TurnSpan.objects.filter(ticket=ticket).exclude(status__in=promise.pauses_in).exclude(ended_at__lte=since)
    ran = ((max(span.began_at, since), span.ended_at or now) for span in spans)
    return sum((open_time_between(promise.hours, start=start, end=end) for start, end in ran), timedelta())


def next_mark(clocks: Iterable[SlaClock], *, now: datetime) -> datetime | None:
    """When the clocks have to be looked at again; never where none runs."""
    marks = []
    for clock in clocks:
        if clock.is_running:
            marks += [now + LOOKED_AT_AGAIN, *([clock.ends_at] if clock.ends_at else [])]
        if clock.is_running and clock.warned_at is None and clock.breached_at is None:
            wanted = max(clock.warning - clock.used, timedelta(seconds=1))
            marks.append(after_open_time(hours_behind(clock), start=now, wanted=wanted) or marks[0])
    return min(marks, default=None)


def next_promise(clocks: Iterable[SlaClock]) -> datetime:
    """The worst of what we promised to the customer, Microsoft's own clock apart; what stands still ends never."""
    ours = [clock for clock in clocks if clock.ended_at is None and clock.kind != Kind.MICROSOFT]
    return min((moment for clock in ours if (moment := clock.breached_at or clock.ends_at)), default=NEVER)


def _end(clock: SlaClock, *, at: datetime) -> None:
    clock.running_since, clock.ends_at, clock.ended_at = None, None, at
    close_marks(clock, now=at)


def hours_behind(clock: SlaClock) -> Hours:
    if clock.calendar is None:
        return ALWAYS
    return hours_as_told(clock.hours, calendar=clock.calendar) if clock.hours else hours_of(clock.calendar)
