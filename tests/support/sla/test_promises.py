"""Promises as people live them: the cases that users of other desks complained about, each by its name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from csp_portal.accounts.models import User
from csp_portal.calendars.models import Calendar, Holiday, OpenSpan
from csp_portal.notices.models import Event
from customers.models import Customer
from support.changes import change
from support.desk import open_ticket, receive, reply, undo_reply
from support.models import Channel, Queue, SlaClock, SlaPolicy, SlaTarget, Status, Ticket
from support.sla.policies import policy_of
from support.sla.sweep import follow_due, policy_changed
from support.values import Incoming, NewTicket

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return MONDAY


@pytest.fixture
def office(db: None) -> Calendar:
    calendar = Calendar.objects.create(name="Office", zone="UTC")
    OpenSpan.objects.bulk_create(OpenSpan(calendar=calendar, weekday=d, begins=540, ends=1020) for d in range(5))
    return calendar


@pytest.fixture
def policy(office: Calendar) -> SlaPolicy:
    policy = SlaPolicy.objects.create(name="Everybody", calendar=office)
    SlaTarget.objects.create(policy=policy, severity="C", first_response=120, update=240, solution=480)
    SlaTarget.objects.create(policy=policy, severity="A", first_response=30, update=60, solution=240)
    return policy


@pytest.fixture
def asked(policy: SlaPolicy, contoso: Customer, queue: Queue) -> Ticket:
    new = NewTicket(subject="Help", text="Help", queue=queue, channel=Channel.MAIL, customer=contoso)
    return open_ticket(new, by=None, now=MONDAY)


def clock(ticket: Ticket, kind: str) -> SlaClock:
    return SlaClock.objects.filter(ticket=ticket, kind=kind).latest("started_at")


def look(ticket: Ticket, *, at: datetime) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(clocks_due_at=at)
    follow_due(now=at)


def test_the_clock_stands_still_while_we_wait_for_the_customer(asked: Ticket) -> None:
    change(asked.pk, values={"status": Status.WAITING_CUSTOMER}, by=None, now=MONDAY + HOUR)
    look(asked, at=MONDAY + 5 * HOUR)
    assert clock(asked, "SOLUTION").used == HOUR
    assert clock(asked, "SOLUTION").ends_at is None


def test_paused_time_is_not_lost_when_the_policy_changes(asked: Ticket, policy: SlaPolicy) -> None:
    change(asked.pk, values={"status": Status.WAITING_CUSTOMER}, by=None, now=MONDAY + HOUR)
    SlaTarget.objects.filter(policy=policy).update(solution=300)
    policy_changed(policy, now=MONDAY + 3 * HOUR)
    follow_due(now=MONDAY + 3 * HOUR)
    change(asked.pk, values={"status": Status.OPEN}, by=None, now=MONDAY + 4 * HOUR)
    found = clock(asked, "SOLUTION")
    assert (found.used, found.target_minutes, found.ends_at) == (HOUR, 300, MONDAY + 8 * HOUR)


def test_nothing_is_said_of_a_first_answer_that_was_given(asked: Ticket, support_agent: User) -> None:
    reply(asked.pk, text="Hello", to=[], by=support_agent, now=MONDAY + HOUR)
    look(asked, at=MONDAY + 3 * HOUR)
    assert clock(asked, "FIRST_RESPONSE").breached_at is None
    assert not Event.objects.filter(kind="PROMISE_BROKEN", facts__promise="FIRST_RESPONSE").exists()


def test_an_answer_that_is_taken_back_was_none(asked: Ticket, support_agent: User) -> None:
    entry = reply(asked.pk, text="Hello", to=["kim@contoso.example"], by=support_agent, now=MONDAY + HOUR)
    undo_reply(entry, by=support_agent, now=MONDAY + HOUR + timedelta(seconds=5))
    look(asked, at=MONDAY + 3 * HOUR)
    assert clock(asked, "FIRST_RESPONSE").breached_at == MONDAY + 2 * HOUR + timedelta(seconds=5)


def test_no_warning_comes_at_midnight(asked: Ticket) -> None:
    change(asked.pk, values={"severity": "A"}, by=None, now=MONDAY)
    late = MONDAY + 7 * HOUR + timedelta(minutes=50)  # ten minutes before the office closes
    Ticket.objects.all().delete()
    new = NewTicket(subject="Late", text="Late", queue=Queue.objects.get(), channel=Channel.MAIL)
    ticket = open_ticket(new, by=None, now=late)
    marks = []
    for minutes in range(0, 24 * 60, 10):
        at = late + timedelta(minutes=minutes)
        before = Event.objects.count()
        follow_due(now=at)
        if Event.objects.count() > before:
            marks.append(at)
    assert ticket.pk
    assert marks
    assert all(9 <= at.hour < 17 for at in marks)


@pytest.mark.parametrize("channel", [Channel.MAIL, Channel.CUSTOMER_PAGE, Channel.FORM, Channel.API])
def test_a_word_of_the_customer_restarts_the_clock_by_whatever_way_it_comes(
    asked: Ticket, support_agent: User, channel: Channel
) -> None:
    reply(asked.pk, text="Try", to=[], by=support_agent, now=MONDAY + HOUR, status=Status.WAITING_CUSTOMER)
    receive(asked.pk, Incoming(text="No luck", channel=channel), now=MONDAY + 3 * HOUR)
    found = clock(asked, "UPDATE")
    assert (found.started_at, found.ends_at, found.is_running) == (MONDAY + 3 * HOUR, MONDAY + 7 * HOUR, True)


def test_a_second_word_of_the_customer_gives_us_no_more_time(asked: Ticket, support_agent: User) -> None:
    reply(asked.pk, text="Try", to=[], by=support_agent, now=MONDAY + HOUR)
    receive(asked.pk, Incoming(text="No luck", channel=Channel.MAIL), now=MONDAY + 2 * HOUR)
    receive(asked.pk, Incoming(text="Hello?", channel=Channel.MAIL), now=MONDAY + 3 * HOUR)
    assert clock(asked, "UPDATE").started_at == MONDAY + 2 * HOUR


def test_the_narrowest_policy_wins_whatever_was_made_first(asked: Ticket, contoso: Customer, policy: SlaPolicy) -> None:
    contoso.tier = "PREMIUM"
    contoso.save()
    narrow: list[dict[str, Any]] = [
        {"family": "MICROSOFT_365"},
        {"tier": "PREMIUM"},
        {"tier": "PREMIUM", "family": "MICROSOFT_365"},
        {"customer": contoso},
        {"customer": contoso, "family": "MICROSOFT_365"},
    ]
    SlaPolicy.objects.create(name="Other family", customer=contoso, family="AZURE")
    for place, whose in enumerate(narrow):
        made = SlaPolicy.objects.create(name=f"Policy {place}", **whose)
        ticket = Ticket.objects.select_related("customer").get(pk=asked.pk)
        assert policy_of(ticket) == made


def test_a_holiday_does_not_count(asked: Ticket, office: Calendar, contoso: Customer, queue: Queue) -> None:
    Holiday.objects.create(calendar=office, year=2026, month=11, day=24)
    new = NewTicket(subject="Eve", text="Eve", queue=queue, channel=Channel.MAIL, customer=contoso)
    ticket = open_ticket(new, by=None, now=MONDAY + 7 * HOUR)
    assert clock(ticket, "FIRST_RESPONSE").ends_at == datetime(2026, 11, 25, 10, tzinfo=UTC)


def test_a_reopened_ticket_goes_on_with_the_time_it_had_used(asked: Ticket) -> None:
    change(asked.pk, values={"status": Status.SOLVED}, by=None, now=MONDAY + 2 * HOUR)
    receive(asked.pk, Incoming(text="Again", channel=Channel.MAIL), now=MONDAY + 6 * HOUR)
    found = clock(asked, "SOLUTION")
    assert (found.used, found.ended_at, found.is_running) == (2 * HOUR, None, True)


def test_microsofts_clock_runs_while_it_is_microsofts_turn_day_and_night(asked: Ticket) -> None:
    change(asked.pk, values={"status": Status.WAITING_MICROSOFT}, by=None, now=MONDAY + 7 * HOUR)
    assert clock(asked, "MICROSOFT").ends_at == MONDAY + 15 * HOUR
    look(asked, at=MONDAY + 16 * HOUR)
    assert Event.objects.filter(kind="MICROSOFT_LATE", closed_at__isnull=True).count() == 1
    change(asked.pk, values={"status": Status.OPEN}, by=None, now=MONDAY + 17 * HOUR)
    assert not Event.objects.filter(kind="MICROSOFT_LATE", closed_at__isnull=True).exists()


def test_each_mark_is_told_once_however_often_it_is_looked_at(asked: Ticket) -> None:
    for minutes in (100, 101, 119, 121, 122, 150):
        look(asked, at=MONDAY + timedelta(minutes=minutes))
    told = Event.objects.filter(facts__promise="FIRST_RESPONSE").values_list("kind", "count").order_by("pk")
    assert list(told) == [("PROMISE_ENDS", 1), ("PROMISE_BROKEN", 1)]
