"""Open hours of a calendar: is it open, when does it open next, how long was it open between two moments.

Wall times are read in the calendar's zone. A span begins at the first and ends at the last time that the clocks show
its edges, so that a night on which they are set back leaves no hole; an edge that they jump over is as much later.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import prefetch_related_objects

from csp_portal.calendars.models import MINUTES_OF_A_DAY, Calendar
from csp_portal.calendars.public_holidays import days_of

_DAY = timedelta(days=1)
_SEARCHED_DAYS = 800  # more than two years of holidays in a row is never open


@dataclass(frozen=True, kw_only=True, slots=True)
class Hours:
    """A calendar as a value: `spans` are (weekday from Monday = 0, first minute, minute of the end); holidays are
    (year or None for each, month, day), besides the public ones of `country`, of which `worked_on` do not count."""

    zone: ZoneInfo
    spans: frozenset[tuple[int, int, int]]
    holidays: frozenset[tuple[int | None, int, int]] = frozenset()
    country: str = ""
    region: str = ""
    worked_on: frozenset[date] = frozenset()


# For what knows no nights and no holidays.
ALWAYS = Hours(zone=ZoneInfo("UTC"), spans=frozenset((weekday, 0, MINUTES_OF_A_DAY) for weekday in range(7)))


def hours_of(calendar: Calendar) -> Hours:
    """Two statements, or none where `spans` and `holidays` are prefetched."""
    prefetch_related_objects([calendar], "spans", "holidays")
    return Hours(
        zone=ZoneInfo(calendar.zone),
        spans=frozenset((span.weekday, span.begins, span.ends) for span in calendar.spans.all()),
        holidays=frozenset((day.year, day.month, day.day) for day in calendar.holidays.all()),
        country=calendar.country,
        region=calendar.region,
        worked_on=frozenset(calendar.worked_on),
    )


def hours_as_told(kept: Mapping[str, Any], *, calendar: Calendar) -> Hours:
    """The spans and the zone that were told to somebody (`zone`, `spans`), with the calendar's holidays as they are."""
    spans = frozenset((weekday, begins, ends) for weekday, begins, ends in kept["spans"])
    return replace(hours_of(calendar), zone=ZoneInfo(kept["zone"]), spans=spans)


def is_open(hours: Hours, *, at: datetime) -> bool:
    return any(began <= at < ended for began, ended in _open_around(hours, first=at, last=at))


def next_opening(hours: Hours, *, at: datetime) -> datetime | None:
    """`at` itself where it is open then, else when it opens; None where it never does."""
    today = at.astimezone(hours.zone).date()
    for began, ended in _spans_of(hours, _days(today - _DAY, today + _SEARCHED_DAYS * _DAY)):
        if ended > at:
            return max(began, at)
    return None


def open_minutes_between(hours: Hours, *, start: datetime, end: datetime) -> int:
    """Whole open minutes from `start` up to `end`; 0 where `end` is not later."""
    return open_time_between(hours, start=start, end=end) // timedelta(minutes=1)


def open_time_between(hours: Hours, *, start: datetime, end: datetime) -> timedelta:
    """How long it is open from `start` up to `end`; nothing where `end` is not later."""
    whole, counted_to = timedelta(), start
    for began, ended in _open_around(hours, first=start, last=end):
        first, last = max(began, counted_to), min(ended, end)
        if last > first:
            whole += last - first
            counted_to = last
    return whole


def after_open_time(hours: Hours, *, start: datetime, wanted: timedelta) -> datetime | None:
    """The first moment before which it was open for as long as `wanted`, from `start` on; None where it never will be.

    Nothing wanted is `start` itself, be it open then or not.
    """
    if wanted <= timedelta():
        return start
    counted_to, today = start, start.astimezone(hours.zone).date()
    for began, ended in _spans_of(hours, _days(today - _DAY, today + _SEARCHED_DAYS * _DAY)):
        first = max(began, counted_to)
        if ended > first:
            if ended - first >= wanted:
                return first + wanted
            wanted -= ended - first
            counted_to = ended
    return None


def _open_around(hours: Hours, *, first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    days = _days(first.astimezone(hours.zone).date() - _DAY, last.astimezone(hours.zone).date() + _DAY)
    return _spans_of(hours, days)


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _DAY


def _spans_of(hours: Hours, days: Iterable[date]) -> Iterator[tuple[datetime, datetime]]:
    """In the order of their beginnings; two may overlap where clocks are set back or jump."""
    for day in days:
        if _is_holiday(hours, day):
            continue
        for weekday, begins, ends in sorted(hours.spans):
            if weekday == day.weekday():
                first, last = _wall(day, begins, hours.zone), _wall(day, ends, hours.zone)
                yield first.astimezone(UTC), max(last.astimezone(UTC), last.replace(fold=1).astimezone(UTC))


def _is_holiday(hours: Hours, day: date) -> bool:
    """A day of one's own counts also where work on a public holiday of the same day is meant."""
    if not hours.holidays.isdisjoint({(day.year, day.month, day.day), (None, day.month, day.day)}):
        return True
    if not hours.country or day in hours.worked_on:
        return False
    return day in days_of(hours.country, hours.region, day.year)


def _wall(day: date, minute: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone) + timedelta(minutes=minute)
