"""The settings pages of calendars."""

from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client

from csp_portal.audit.models import Entry
from csp_portal.calendars.hours import hours_of, is_open
from csp_portal.calendars.models import Calendar

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Support",
    "zone": "Asia/Taipei",
    "day_0": "09:00-12:00, 13:00-24:00",
    "holidays": "2026-02-16 Eve\n10-10",
}


@pytest.fixture(autouse=True)
def seeded() -> None:
    """As a fresh portal; tests that commit leave an empty table behind."""
    Calendar.objects.all().delete()
    import_module("csp_portal.calendars.migrations.0001_calendars").begin_with_two(apps, None)


def test_a_fresh_portal_has_two_calendars_to_begin_with() -> None:
    assert set(Calendar.objects.values_list("name", flat=True)) == {"Always", "Office hours"}
    assert is_open(hours_of(Calendar.objects.get(name="Always")), at=datetime(2026, 11, 22, 3, tzinfo=UTC))


def test_a_calendar_is_kept_as_it_was_entered(as_owner: Client) -> None:
    as_owner.post("/settings/calendars/new/", FORM)
    calendar = Calendar.objects.get(name="Support")
    assert [str(span) for span in calendar.spans.order_by("begins")] == ["09:00-12:00", "13:00-24:00"]
    assert {str(day) for day in calendar.holidays.all()} == {"2026-02-16 Eve", "10-10"}
    page = as_owner.get(f"/settings/calendars/{calendar.pk}/").content.decode()
    assert "09:00-12:00, 13:00-24:00" in page
    as_owner.post(f"/settings/calendars/{calendar.pk}/", {**FORM, "day_0": ""})
    assert not calendar.spans.exists()
    assert Entry.objects.filter(action="calendar.changed").exists()
    assert "Never open" in as_owner.get("/settings/calendars/").content.decode()
    as_owner.post(f"/settings/calendars/{calendar.pk}/delete/")
    assert not Calendar.objects.filter(name="Support").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Mars/Olympus"},
        {"day_0": "12:00-09:00"},
        {"day_0": "09:00-12:00, 11:00-13:00"},
        {"day_0": "9 to 5"},
        {"day_0": "09:00-24:01"},
        {"holidays": "2026-02-30 Never"},
        {"name": "always"},
    ],
)
def test_what_is_no_calendar_is_refused_with_a_reason(as_owner: Client, wrong: dict[str, str]) -> None:
    answer = as_owner.post("/settings/calendars/new/", {**FORM, **wrong})
    assert "Nothing was saved yet" in answer.content.decode()
    assert Calendar.objects.count() == 2
