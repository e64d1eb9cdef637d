"""What people and programs read of the clocks: kept, on time, nearly over, broken or standing still, and since when."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from csp_portal.calendars.hours import is_open, next_opening
from support.models import NEVER, SlaClock, Status, Ticket
from support.sla.clocks import hours_behind

Kind = SlaClock.Kind
# In this order, whatever began first; of the last two only an open one is of interest.
_ALWAYS_SHOWN = (Kind.FIRST_RESPONSE, Kind.SOLUTION)


class ClockState(models.TextChoices):
    KEPT = "KEPT", _("Kept")
    ON_TIME = "ON_TIME", _("On time")
    ENDS_SOON = "ENDS_SOON", _("Ends soon")
    PAUSED = "PAUSED", _("Stands still")
    BROKEN = "BROKEN", _("Broken")


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownClock:
    """A clock as it is at one moment; `opens_at` is when its hours go on, where they are closed now."""

    clock: SlaClock
    state: ClockState
    left: timedelta = timedelta()
    broken_at: datetime | None = None
    opens_at: datetime | None = None
    because: str = ""

    @property
    def is_open(self) -> bool:
        return self.clock.ended_at is None


def open_clocks_of(numbers: Iterable[int]) -> dict[int, list[SlaClock]]:
    """The open clocks of the tickets of a list, by number; one statement, and only what `state_of` asks for."""
    asked = ("ticket_id", "kind", "ends_at", "ended_at", "running_since", "warned_at", "breached_at")
    found: dict[int, list[SlaClock]] = defaultdict(list)
    for clock in SlaClock.objects.filter(ticket__in=numbers, ended_at__isnull=True).only(*asked):
        found[clock.ticket_id].append(clock)
    return found


def with_all_clocks() -> Prefetch[str, "models.QuerySet[SlaClock]", str]:
    """Gives each ticket `all_clocks`, oldest first, as `latest_clocks` wants them."""
    return Prefetch("clocks", queryset=SlaClock.objects.order_by("started_at", "pk"), to_attr="all_clocks")


def shown_clocks(ticket: Ticket, *, now: datetime) -> list[ShownClock]:
    """Answer, update, solution and Microsoft's own; one statement, and three more for each calendar that counts."""
    rows = SlaClock.objects.filter(ticket=ticket).select_related("policy", "calendar").order_by("started_at", "pk")
    clocks = latest_clocks(ticket, rows)
    running = {_hours_key(one): one for one in clocks if _runs(one)}
    opens_at = {key: _opens_at(one, now=now) for key, one in running.items()}
    return [shown(one, status=ticket.status, opens_at=opens_at.get(_hours_key(one)), now=now) for one in clocks]


def latest_clocks(ticket: Ticket, rows: Iterable[SlaClock]) -> list[SlaClock]:
    """Of all clocks of a ticket, oldest first, those that still say something; a promise taken back says nothing."""
    latest = {clock.kind: clock for clock in rows}
    if ticket.first_answered_at is None and not ticket.is_ended:
        _drop_ended(latest, Kind.FIRST_RESPONSE)
    if not ticket.is_ended:
        _drop_ended(latest, Kind.SOLUTION)
    for kind in (Kind.UPDATE, Kind.MICROSOFT):
        _drop_ended(latest, kind)
    return [latest[kind] for kind in Kind.values if kind in latest]


def shown(clock: SlaClock, *, status: str, now: datetime, opens_at: datetime | None = None) -> ShownClock:
    state = state_of(clock, now=now)
    return ShownClock(
        clock=clock,
        state=state,
        left=max(clock.target - clock.used, timedelta()),
        broken_at=broken_at(clock, now=now),
        opens_at=opens_at if _runs(clock) and state != ClockState.BROKEN else None,
        because=str(Status(status).label) if state == ClockState.PAUSED else "",
    )


def state_of(clock: SlaClock, *, now: datetime) -> ClockState:
    """As of now, whether or not anybody has looked at the clock since its end."""
    if broken_at(clock, now=now):
        return ClockState.BROKEN
    if clock.ended_at is not None:
        return ClockState.KEPT
    if not clock.is_running:
        return ClockState.PAUSED
    return ClockState.ENDS_SOON if clock.warned_at else ClockState.ON_TIME


def broken_at(clock: SlaClock, *, now: datetime) -> datetime | None:
    if clock.breached_at is not None:
        return clock.breached_at
    return clock.ends_at if clock.ended_at is None and clock.ends_at and clock.ends_at <= now else None


def next_clock(clocks: Iterable[SlaClock]) -> SlaClock | None:
    """Of open clocks the one to look at first: of our promises before Microsoft's own, by its end."""
    return min(
        clocks, key=lambda one: (one.kind == Kind.MICROSOFT, one.breached_at or one.ends_at or NEVER), default=None
    )


def _drop_ended(latest: dict[str, SlaClock], kind: Kind) -> None:
    if kind in latest and latest[kind].ended_at is not None:
        del latest[kind]


def _runs(clock: SlaClock) -> bool:
    return clock.ended_at is None and clock.is_running


def _hours_key(clock: SlaClock) -> tuple[int | None, str]:
    return clock.calendar_id, str(clock.hours)


def _opens_at(clock: SlaClock, *, now: datetime) -> datetime | None:
    hours = hours_behind(clock)
    return None if is_open(hours, at=now) else next_opening(hours, at=now)
