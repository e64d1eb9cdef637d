"""Public holidays of countries and regions: in every year, with the days on which there is work nevertheless."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.audit.models import Entry
from csp_portal.calendars.hours import after_open_time, hours_of, is_open
from csp_portal.calendars.models import Calendar, Holiday, OpenSpan
from csp_portal.calendars.public_holidays import countries, days_of, named_days_of, regions

pytestmark = pytest.mark.django_db
FORM = {"name": "Bavaria", "zone": "Europe/Berlin", "day_0": "09:00-17:00", "country": "DE", "region": "BY"}
NEXT_YEAR = timezone.localdate().year + 1


def office(**more: object) -> Calendar:
    calendar = Calendar.objects.create(name="Office", zone="UTC", **more)
    OpenSpan.objects.bulk_create(OpenSpan(calendar=calendar, weekday=d, begins=540, ends=1020) for d in range(7))
    return calendar


@pytest.mark.parametrize("year", [2026, 2031, 2040])
def test_a_public_holiday_is_closed_in_whatever_year_is_asked(year: int) -> None:
    hours = hours_of(office(country="DE"))
    assert not is_open(hours, at=datetime(year, 10, 3, 12, tzinfo=UTC))
    assert is_open(hours, at=datetime(year, 10, 4, 12, tzinfo=UTC))


def test_a_region_has_days_that_its_country_does_not_have() -> None:
    all_saints = date(2026, 11, 1)
    assert all_saints in days_of("DE", "BY", 2026)
    assert all_saints not in days_of("DE", "", 2026)
    assert all_saints not in days_of("DE", "BE", 2026)


def test_a_day_of_work_counts_and_an_own_day_off_does_not() -> None:
    unity = date(2026, 10, 3)
    calendar = office(country="DE", worked_on=[unity])
    assert is_open(hours_of(Calendar.objects.get(pk=calendar.pk)), at=datetime(2026, 10, 3, 12, tzinfo=UTC))
    assert not is_open(hours_of(Calendar.objects.get(pk=calendar.pk)), at=datetime(2027, 10, 3, 12, tzinfo=UTC))
    Holiday.objects.create(calendar=calendar, year=2026, month=10, day=3)
    assert not is_open(hours_of(Calendar.objects.get(pk=calendar.pk)), at=datetime(2026, 10, 3, 12, tzinfo=UTC))


def test_time_promised_before_the_new_year_of_taiwan_ends_after_it() -> None:
    hours = hours_of(office(country="TW"))
    start = datetime(2026, 2, 14, 16, tzinfo=UTC)  # a Saturday; from the eve on Sunday it is closed until the 20th
    closed = {day for day, _name in named_days_of("TW", "", 2026, language="en") if day.month == 2 and day.day < 25}
    first = start.date() + timedelta(days=1)
    while first in closed:
        first += timedelta(days=1)
    assert first > date(2026, 2, 18)
    end = after_open_time(hours, start=start, wanted=timedelta(hours=2))
    assert end == datetime(first.year, first.month, first.day, 10, tzinfo=UTC)


def test_days_and_countries_are_named_in_the_readers_language() -> None:
    assert (date(2026, 1, 1), "New Year's Day") in named_days_of("DE", "", 2026, language="en")
    assert (date(2026, 2, 17), "春節") in named_days_of("TW", "", 2026, language="zh-hant")
    assert ("DE", "Germany") in countries("en")
    assert ("DE", "德國") in countries("zh_Hant")
    assert ("BY", "Bayern (BY)") in regions("DE")
    assert (regions("XX"), days_of("XX", "", 2026)) == ((), frozenset())


def test_a_country_is_chosen_in_the_form_and_days_of_work_are_kept(as_owner: Client) -> None:
    worked = f"{NEXT_YEAR}-11-01"
    as_owner.post("/settings/calendars/new/", {**FORM, "worked_on": [worked, f"{NEXT_YEAR}-06-11", "nonsense"]})
    calendar = Calendar.objects.get(name="Bavaria")
    assert (calendar.country, calendar.region) == ("DE", "BY")
    assert date.fromisoformat(worked) in calendar.worked_on
    Calendar.objects.filter(pk=calendar.pk).update(worked_on=[date(2001, 1, 1), date.fromisoformat(worked)])
    shown = as_owner.get(f"/settings/calendars/{calendar.pk}/").content.decode()
    assert f'value="{worked}" checked' in shown
    as_owner.post(f"/settings/calendars/{calendar.pk}/", FORM)
    assert Calendar.objects.get(name="Bavaria").worked_on == [date(2001, 1, 1)]
    assert Entry.objects.get(action="calendar.changed").after["country"] == "DE"
    assert "Germany, Bayern (BY)" in as_owner.get("/settings/calendars/").content.decode()


def test_another_country_shows_its_days_before_anything_is_saved(as_owner: Client) -> None:
    shown = as_owner.get("/settings/calendars/public-holidays/?country=US&region=BY").content.decode()
    assert f"{NEXT_YEAR}-07-04" in shown
    assert "valid choice" not in shown
    shown = as_owner.post("/settings/calendars/new/", {**FORM, "look": "yes"}).content.decode()
    assert f"{NEXT_YEAR}-11-01" in shown
    assert not Calendar.objects.filter(name="Bavaria").exists()


@pytest.mark.parametrize("wrong", [{"country": "XX"}, {"region": "TX"}])
def test_a_country_or_region_that_is_none_is_refused(as_owner: Client, wrong: dict[str, str]) -> None:
    shown = as_owner.post("/settings/calendars/new/", {**FORM, **wrong}).content.decode()
    assert "Nothing was saved yet" in shown
    assert not Calendar.objects.filter(name="Bavaria").exists()
