"""What people and programs see of promises: on the ticket's page, in the list, in the file and over the API."""

import csv
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.calendars.models import Calendar, OpenSpan
from customers.models import Customer
from support.changes import change
from support.desk import open_ticket, reply
from support.models import NEVER, Channel, Queue, SlaClock, SlaPolicy, SlaTarget, Status, Ticket
from support.sla.showing import ClockState, shown_clocks
from support.sla.sweep import follow_due
from support.values import NewTicket

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FRIDAY = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)


@pytest.fixture
def policy(db: None) -> SlaPolicy:
    policy = SlaPolicy.objects.create(name="Around the clock")
    SlaTarget.objects.create(policy=policy, severity="C", first_response=240, update=480, solution=2400)
    return policy


def opened(customer: Customer, queue: Queue, *, at: datetime) -> Ticket:
    new = NewTicket(subject="Help", text="Help", queue=queue, channel=Channel.MAIL, customer=customer)
    return open_ticket(new, by=None, now=at)


def seen(ticket: Ticket, *, at: datetime) -> dict[str, ClockState]:
    return {one.clock.kind: one.state for one in shown_clocks(Ticket.objects.get(pk=ticket.pk), now=at)}


def test_a_ticket_knows_its_next_promise(
    policy: SlaPolicy, contoso: Customer, queue: Queue, support_agent: User
) -> None:
    ticket = opened(contoso, queue, at=FRIDAY)
    moments = [ticket.promise_at]
    reply(ticket.pk, text="Try this", to=[], by=support_agent, now=FRIDAY + HOUR)
    moments.append(Ticket.objects.get(pk=ticket.pk).promise_at)
    Ticket.objects.filter(pk=ticket.pk).update(clocks_due_at=FRIDAY)
    follow_due(now=FRIDAY + 50 * HOUR)
    moments.append(Ticket.objects.get(pk=ticket.pk).promise_at)
    change(ticket.pk, values={"status": Status.SOLVED}, by=None, now=FRIDAY + 51 * HOUR)
    moments.append(Ticket.objects.get(pk=ticket.pk).promise_at)
    assert moments == [FRIDAY + 4 * HOUR, FRIDAY + 9 * HOUR, FRIDAY + 9 * HOUR, NEVER]


def test_each_state_has_its_name(policy: SlaPolicy, contoso: Customer, queue: Queue, support_agent: User) -> None:
    ticket = opened(contoso, queue, at=FRIDAY)
    assert seen(ticket, at=FRIDAY) == {"FIRST_RESPONSE": "ON_TIME", "SOLUTION": "ON_TIME"}
    follow_due(now=FRIDAY + 3 * HOUR)
    assert seen(ticket, at=FRIDAY + 3 * HOUR)["FIRST_RESPONSE"] == "ENDS_SOON"
    assert seen(ticket, at=FRIDAY + 4 * HOUR)["FIRST_RESPONSE"] == "BROKEN", "also where nobody looked at it since"
    reply(ticket.pk, text="Try", to=[], by=support_agent, now=FRIDAY + 3 * HOUR, status=Status.WAITING_CUSTOMER)
    expected = {"FIRST_RESPONSE": "KEPT", "UPDATE": "PAUSED", "SOLUTION": "PAUSED"}
    assert seen(ticket, at=FRIDAY + 9 * HOUR) == expected
    change(ticket.pk, values={"status": Status.WAITING_MICROSOFT}, by=None, now=FRIDAY + 9 * HOUR)
    assert seen(ticket, at=FRIDAY + 17 * HOUR)["MICROSOFT"] == "BROKEN"


def test_a_promise_that_was_taken_back_is_not_called_kept(policy: SlaPolicy, contoso: Customer, queue: Queue) -> None:
    ticket = opened(contoso, queue, at=FRIDAY)
    SlaTarget.objects.all().delete()
    change(ticket.pk, values={"severity": "B"}, by=None, now=FRIDAY + HOUR)
    assert seen(ticket, at=FRIDAY + HOUR) == {}


def test_outside_of_the_hours_it_is_said_when_the_clock_goes_on(
    policy: SlaPolicy, contoso: Customer, queue: Queue
) -> None:
    policy.calendar = Calendar.objects.create(name="Office", zone="UTC")
    policy.save()
    OpenSpan.objects.bulk_create(OpenSpan(calendar=policy.calendar, weekday=d, begins=540, ends=1080) for d in range(5))
    ticket = opened(contoso, queue, at=FRIDAY)
    first = shown_clocks(ticket, now=FRIDAY + HOUR)[0]
    assert first.opens_at == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert first.clock.ends_at == datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


def test_the_page_says_what_is_promised_and_why_a_clock_stands_still(
    as_viewer: Client, policy: SlaPolicy, contoso: Customer, queue: Queue
) -> None:
    ticket = opened(contoso, queue, at=timezone.now())
    change(ticket.pk, values={"status": Status.WAITING_CUSTOMER}, by=None, now=timezone.now())
    shown = as_viewer.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "Stands still" in shown
    assert "Because: Waiting for the customer" in shown
    assert "Around the clock · 4 h" in shown
    assert "Stands still" in as_viewer.get(f"/tickets/{ticket.pk}/clocks/").content.decode()


def test_the_list_is_sorted_and_filtered_by_promises(
    as_agent: Client, policy: SlaPolicy, contoso: Customer, queue: Queue
) -> None:
    now = timezone.now()
    late, soon, easy = (opened(contoso, queue, at=now - hours * HOUR) for hours in (5, 3, 0))
    still = opened(contoso, queue, at=now)
    change(still.pk, values={"status": Status.WAITING_CUSTOMER}, by=None, now=now)

    def numbers(query: str) -> list[int]:
        return [ticket.pk for ticket in as_agent.get(f"/tickets/?{query}").context["page"].rows]

    assert numbers("sort=promise") == [late.pk, soon.pk, easy.pk, still.pk]
    assert numbers("promise=broken") == [late.pk]
    assert numbers("promise=soon") == [soon.pk]
    assert numbers("promise=paused") == [still.pk]
    assert "First response" in as_agent.get("/tickets/").content.decode()


def test_the_api_and_the_file_name_each_clock(
    as_agent: Client, policy: SlaPolicy, contoso: Customer, queue: Queue
) -> None:
    ticket = opened(contoso, queue, at=timezone.now() - 5 * HOUR)
    whole = as_agent.get(f"/api/v1/tickets/{ticket.pk}/").json()
    states = {clock["kind"]: (clock["state"], clock["target_minutes"]) for clock in whole["clocks"]}
    assert states == {"FIRST_RESPONSE": ("BROKEN", 240), "SOLUTION": ("ON_TIME", 2400)}
    promised = datetime.fromisoformat(whole["ticket"]["promise_at"])
    assert promised == SlaClock.objects.get(kind="FIRST_RESPONSE").ends_at
    answer: Any = as_agent.get("/tickets/export.csv")
    (cells,) = csv.DictReader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines())
    assert cells["First response"] == "Broken"
    assert cells["Microsoft's answer"] == ""


def test_a_customer_who_gets_another_tier_gets_its_promise_within_a_day(contoso: Customer, queue: Queue) -> None:
    premium = SlaPolicy.objects.create(name="Premium", tier="PREMIUM")
    SlaTarget.objects.create(policy=premium, severity="C", first_response=3000)
    ticket = opened(contoso, queue, at=FRIDAY)
    Customer.objects.filter(pk=contoso.pk).update(tier="PREMIUM")
    assert follow_due(now=FRIDAY + 23 * HOUR) == 0
    assert follow_due(now=FRIDAY + 24 * HOUR) == 1
    assert SlaClock.objects.get(ticket=ticket).ends_at == FRIDAY + 50 * HOUR


def test_a_list_of_many_clocks_takes_as_many_statements_as_one_of_few(
    as_agent: Client, policy: SlaPolicy, contoso: Customer, queue: Queue
) -> None:
    def statements() -> int:
        as_agent.get("/tickets/?sort=promise")
        with CaptureQueriesContext(connection) as captured:
            assert as_agent.get("/tickets/?sort=promise").status_code == 200
        return sum("SAVEPOINT" not in query["sql"] for query in captured)

    opened(contoso, queue, at=FRIDAY)
    few = statements()
    for _ in range(20):
        opened(contoso, queue, at=FRIDAY)
    assert statements() == few <= 12
