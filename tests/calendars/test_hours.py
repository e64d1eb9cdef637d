"""Open hours, against a minute-by-minute reading of the wall clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csp_portal.calendars.hours import Hours, is_open, next_opening, open_minutes_between

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = frozenset((day, begins, ends) for day in range(5) for begins, ends in ((540, 720), (780, 1050)))
ALWAYS = frozenset((day, 0, 1440) for day in range(7))
MINUTE = timedelta(minutes=1)

zones = st.sampled_from(["UTC", "Asia/Taipei", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe"]).map(ZoneInfo)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
edges = st.tuples(st.integers(0, 6), st.integers(0, 1439), st.integers(1, 1440)).filter(lambda span: span[1] < span[2])
spans = st.frozensets(edges, max_size=8)
dates = st.tuples(st.sampled_from([None, 2026]), st.integers(1, 12), st.integers(1, 28))
hours = st.builds(Hours, zone=zones, spans=spans, holidays=st.frozensets(dates, max_size=20))


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)  # type: ignore[arg-type,misc]


@given(hours, moments)
@settings(max_examples=60, deadline=None)
def test_minutes_add_up_to_the_minutes_in_which_it_is_open(hours: Hours, start: datetime) -> None:
    minutes = [start + number * MINUTE for number in range(300)]
    opened = sum(is_open(hours, at=minute) for minute in minutes)
    assert open_minutes_between(hours, start=start, end=start + 300 * MINUTE) == opened


@given(hours, moments, st.integers(0, 20_000))
@settings(max_examples=60, deadline=None)
def test_nothing_is_open_before_the_next_opening_and_it_is_open_then(hours: Hours, at: datetime, later: int) -> None:
    opening = next_opening(hours, at=at)
    if opening is None:
        assert open_minutes_between(hours, start=at, end=at + timedelta(days=400)) == 0
        return
    assert opening >= at
    assert is_open(hours, at=opening)
    assert open_minutes_between(hours, start=at, end=opening) == 0
    middle, end = at + later * MINUTE, at + 20_000 * MINUTE
    parts = [open_minutes_between(hours, start=first, end=last) for first, last in ((at, middle), (middle, end))]
    assert sum(parts) == open_minutes_between(hours, start=at, end=end)


@given(zones, moments, st.integers(0, 100_000))
@settings(max_examples=40, deadline=None)
def test_always_is_always_whatever_the_clocks_do(zone: ZoneInfo, start: datetime, minutes: int) -> None:
    always = Hours(zone=zone, spans=ALWAYS)
    assert is_open(always, at=start)
    assert open_minutes_between(always, start=start, end=start + minutes * MINUTE) == minutes


def test_office_hours_keep_to_the_wall_clock_in_summer_and_winter() -> None:
    office = Hours(zone=BERLIN, spans=OFFICE)
    assert is_open(office, at=datetime(2026, 1, 5, 8, 0, tzinfo=UTC))
    assert not is_open(office, at=datetime(2026, 1, 5, 7, 59, tzinfo=UTC))
    assert is_open(office, at=datetime(2026, 7, 6, 7, 0, tzinfo=UTC))
    assert not is_open(office, at=berlin(2026, 7, 6, 12, 0))


def test_a_holiday_is_closed_once_or_every_year() -> None:
    days = frozenset({(None, 12, 25), (2026, 4, 6)})
    office = Hours(zone=BERLIN, spans=OFFICE, holidays=days)
    assert next_opening(office, at=berlin(2026, 12, 24, 18)) == berlin(2026, 12, 28, 9)
    assert next_opening(office, at=berlin(2026, 4, 3, 18)) == berlin(2026, 4, 7, 9)
    assert is_open(office, at=berlin(2027, 4, 6, 10))


@pytest.mark.parametrize(
    ("day", "minutes"), [(berlin(2026, 3, 29), 120), (berlin(2026, 10, 25), 240), (berlin(2026, 6, 7), 180)]
)
def test_a_night_in_which_the_clocks_change_is_as_long_as_it_was(day: datetime, minutes: int) -> None:
    night = Hours(zone=BERLIN, spans=frozenset({(6, 60, 240)}))
    assert open_minutes_between(night, start=day, end=day + timedelta(days=1)) == minutes
