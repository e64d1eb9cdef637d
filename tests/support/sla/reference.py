"""An independent reckoning of a promise, minute by minute, that imports nothing of the portal."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Open:
    """Open minutes of a day by weekday, in a zone, without the holidays; `spans` None is around the clock."""

    zone: str = "UTC"
    spans: Sequence[tuple[int, int, int]] | None = None
    holidays: frozenset[date] = frozenset()

    def covers(self, minute: datetime) -> bool:
        if self.spans is None:
            return True
        local = minute.astimezone(ZoneInfo(self.zone))
        at = local.hour * 60 + local.minute
        is_open = any(day == local.weekday() and begins <= at < ends for day, begins, ends in self.spans)
        return is_open and local.date() not in self.holidays


@dataclass
class Step:
    """From this minute on: the status, whether it stops the clock, the hours, and the minutes promised."""

    at: datetime
    is_paused: bool
    hours: Open
    target: int


@dataclass
class Outcome:
    used: int = 0
    breached_at: datetime | None = None
    warned: bool = field(default=False)


def reckon(steps: Sequence[Step], *, until: datetime) -> Outcome:
    """Walk through every minute and count those that count; once broken, a promise stays broken."""
    outcome, minute = Outcome(), steps[0].at
    assert minute.tzinfo is UTC
    while minute < until:
        step = [one for one in steps if one.at <= minute][-1]
        if outcome.breached_at is None and outcome.used >= step.target:
            outcome.breached_at = minute
        if not step.is_paused and step.hours.covers(minute):
            outcome.used += 1
            if outcome.breached_at is None and outcome.used >= step.target:
                outcome.breached_at = minute + MINUTE
        minute += MINUTE
    return outcome
