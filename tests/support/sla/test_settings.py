"""The settings of promises: who is promised what, what it means, and what Microsoft promises us."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.audit.models import Entry
from csp_portal.calendars.durations import in_words, minutes_in
from csp_portal.calendars.models import Calendar, Holiday, OpenSpan
from customers.models import Customer
from support.models import MicrosoftTarget, SlaClock, SlaPolicy, SlaTarget, Status, Ticket
from support.sla.preview import sentences
from support.sla.sweep import follow_due

pytestmark = pytest.mark.django_db
ADDRESS = "/settings/desk/promises/"
FORM = {
    "name": "Premium",
    "tier": "PREMIUM",
    "pauses_in": ["WAITING_CUSTOMER", "VERIFYING"],
    "warns_at_percent": "80",
    "A_first_response": "30 min",
    "A_update": "1:30",
    "A_solution": "4 h",
    "C_first_response": "1 h 30 min",
}


@pytest.fixture
def office(db: None) -> Calendar:
    calendar = Calendar.objects.create(name="Office", zone="Asia/Taipei")
    OpenSpan.objects.bulk_create(OpenSpan(calendar=calendar, weekday=d, begins=540, ends=1080) for d in range(5))
    return calendar


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("30 min", 30), ("4h", 240), ("1 h 30 min", 90), ("1:30", 90), ("4 小時 5 分鐘", 245), ("2 Hours", 120)],
)
def test_a_time_is_read_as_people_write_it(text: str, minutes: int) -> None:
    assert minutes_in(text) == minutes
    assert minutes_in(in_words(minutes)) == minutes


@pytest.mark.parametrize("text", ["", "4", "soon", "0 h", "1:75", "99999 h", "-1 h", "4 h 4 h"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert minutes_in(text) is None


def test_a_promise_is_kept_as_it_was_entered_and_can_be_read_again(as_owner: Client, office: Calendar) -> None:
    as_owner.post(f"{ADDRESS}new/", {**FORM, "calendar": office.pk})
    policy = SlaPolicy.objects.get()
    assert (policy.tier, policy.calendar, policy.warns_at_percent) == ("PREMIUM", office, 80)
    assert policy.pauses_in == ["WAITING_CUSTOMER", "VERIFYING"]
    times = policy.targets.order_by("severity").values_list("severity", "first_response", "update", "solution")
    assert list(times) == [("A", 30, 90, 240), ("C", 90, None, None)]
    assert 'value="1 h 30 min"' in as_owner.get(f"{ADDRESS}{policy.pk}/").content.decode()
    shown = as_owner.get(ADDRESS).content.decode()
    assert "30 min / 1 h 30 min / 4 h" in shown
    assert "Tier Premium" in shown
    assert Entry.objects.get(action="desk_promise.added").after["A_first_response"] == "30 min"
    as_owner.post(f"{ADDRESS}{policy.pk}/delete/")
    assert not SlaPolicy.objects.exists()
    assert Entry.objects.filter(action="desk_promise.deleted").exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"A_first_response": "soon"}, "Write a time as 30 min"),
        ({"customer": "Nobody Ltd"}, "No customer, or more than one"),
        ({"customer": "contoso.example"}, "choose every tier"),
        ({"name": "everybody"}, "a promise of this name already"),
        ({"tier": ""}, "Everybody holds for just these customers"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    as_owner: Client, contoso: Customer, wrong: dict[str, str], said: str
) -> None:
    SlaPolicy.objects.create(name="Everybody")
    shown = as_owner.post(f"{ADDRESS}new/", {**FORM, **wrong}).content.decode()
    assert said in shown
    assert "Nothing was saved yet" in shown
    assert SlaPolicy.objects.count() == 1


def test_open_tickets_get_a_changed_promise_at_once(as_owner: Client, ticket: Ticket) -> None:
    as_owner.post(f"{ADDRESS}new/", {**FORM, "name": "All", "tier": ""})
    follow_due(now=timezone.now())
    first = SlaClock.objects.get(ticket=ticket, kind="FIRST_RESPONSE")
    assert first.target_minutes == 90
    as_owner.post(
        f"{ADDRESS}{SlaPolicy.objects.get().pk}/", {**FORM, "name": "All", "tier": "", "C_first_response": "5 h"}
    )
    follow_due(now=timezone.now())
    assert SlaClock.objects.get(pk=first.pk).target_minutes == 300


def test_microsofts_times_are_ours_to_correct(as_owner: Client, ticket: Ticket) -> None:
    assert set(MicrosoftTarget.objects.values_list("severity", "minutes")) == {("A", 120), ("B", 240), ("C", 480)}
    Ticket.objects.filter(pk=ticket.pk).update(status=Status.WAITING_MICROSOFT)
    as_owner.post(f"{ADDRESS}microsoft/", {"A": "1 h", "B": "4 h", "C": "6 h"})
    follow_due(now=timezone.now())
    assert SlaClock.objects.get(ticket=ticket, kind="MICROSOFT").target_minutes == 360
    entry = Entry.objects.get(action="microsoft_times.changed")
    assert (entry.before["severity_A"], entry.after["severity_A"]) == ("2 h", "1 h")
    shown = as_owner.post(f"{ADDRESS}microsoft/", {"A": "", "B": "4 h", "C": "6 h"}).content.decode()
    assert "This field is required" in shown


def test_a_sentence_says_what_a_promise_means_on_a_friday_evening(office: Calendar) -> None:
    monday = datetime(2026, 11, 23, 12, tzinfo=UTC)
    target = SlaTarget(severity="A", first_response=60, solution=40 * 60)
    (said,) = sentences(office, [target], now=monday)
    assert said.startswith("A ticket of severity A opened Friday 17:30 → first answer by Monday 09:30, ")
    assert said.endswith(", solution by Friday 2026-12-04 12:30")
    Holiday.objects.create(calendar=office, year=2026, month=11, day=30)
    (said,) = sentences(Calendar.objects.get(pk=office.pk), [target], now=monday)
    assert "first answer by Tuesday 09:30" in said


def test_the_sentence_follows_what_is_typed(as_owner: Client, office: Calendar) -> None:
    typed = {"calendar": office.pk, "B_first_response": "1 h", "A_first_response": "nonsense"}
    shown = as_owner.post(f"{ADDRESS}preview/", typed).content.decode()
    assert "A ticket of severity B opened Friday 17:30 → first answer by Monday 09:30" in shown
    assert "severity A" not in shown
    assert not SlaPolicy.objects.exists()
