"""Insight: what a customer keeps asking, held against similar ones, with the tickets as evidence."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.models import Customer, CustomerGroup
from health.models import Service, ServiceState
from support.insight.reckon import LEAST_SIMILAR
from support.insight.rounds import reckon_due
from support.models import Habit, InsightRound, Queue, Ticket
from tests.support.test_lists import make

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def exchange(db: None) -> Service:
    return Service.objects.create(cloud="global", microsoft_id="Exchange", name="Exchange Online")


def similar(number: int, *, uses: Service | None = None, **more: Any) -> Customer:
    values: dict[str, Any] = {"tier": "STANDARD", "seats": 100, **more}
    customer = Customer.objects.create(
        tenant_id=UUID(int=100 + number), cloud="global", name=f"Similar {number}", source="FILE", **values
    )
    if uses:
        _uses(customer, uses)
    return customer


def _uses(customer: Customer, service: Service) -> None:
    ServiceState.objects.create(
        customer=customer,
        service=service,
        state=3,
        status="OPERATIONAL",
        status_raw="x",
        since=timezone.now(),
    )


@pytest.fixture
def others(exchange: Service) -> list[Customer]:
    """As many as a comparison needs, each with 100 seats, and one of another tier that counts for nothing."""
    similar(99, uses=exchange, tier="PREMIUM")
    return [similar(number, uses=exchange) for number in range(LEAST_SIMILAR)]


@pytest.fixture
def asking(*, contoso: Customer, exchange: Service, queue: Queue, now: datetime) -> list[Ticket]:
    """Contoso, 200 seats: six tickets on passwords in 90 days, and one that is too old."""
    Customer.objects.filter(pk=contoso.pk).update(tier="STANDARD", seats=200)
    _uses(contoso, exchange)
    asked = ("Password prompt", "Outlook asks for the password", "password again", "密碼", "Passwords", "My password")
    days = (1, 20, 40, 60, 80, 89)
    made = [
        make(queue, now=now - day * DAY, customer=contoso, service=exchange, subject=subject)
        for subject, day in zip(asked, days, strict=True)
    ]
    make(queue, now=now - 91 * DAY, customer=contoso, service=exchange, subject="Password")
    return made


def test_it_is_counted_by_meaning_and_held_against_similar_customers(
    *, asking: list[Ticket], others: list[Customer], contoso: Customer, exchange: Service, queue: Queue, now: datetime
) -> None:
    make(queue, now=now - DAY, customer=others[0], service=exchange, subject="Forgot my password")

    assert reckon_due(now=now)

    habit = Habit.objects.get(customer=contoso, word="password")
    assert (habit.count, sorted(habit.numbers)) == (6, [ticket.pk for ticket in asking])
    assert (habit.rate, habit.similar) == (3.0, LEAST_SIMILAR) and habit.similar_rate == pytest.approx(0.2)
    assert habit.excess == 6  # 6 less 0.2 a hundred seats
    assert (habit.help, habit.advice) == ("SERVICE", "sign-in")
    whole = Habit.objects.get(customer=contoso, word="")
    assert (whole.count, whole.advice) == (6, ""), "a rule knows better than that it is asked often"


def test_what_similar_customers_ask_as_often_gets_no_advice(
    *, asking: list[Ticket], others: list[Customer], exchange: Service, queue: Queue, contoso: Customer, now: datetime
) -> None:
    for other in others:
        for _number in range(3):
            make(queue, now=now - DAY, customer=other, service=exchange, subject="Password")
    reckon_due(now=now)

    habit = Habit.objects.get(customer=contoso, word="password")
    assert (habit.rate, habit.similar_rate, habit.excess, habit.advice) == (3.0, 3.0, 0, "")


def test_too_few_similar_customers_are_no_measure(
    *, asking: list[Ticket], others: list[Customer], contoso: Customer, now: datetime
) -> None:
    ServiceState.objects.filter(customer=others[0]).delete()
    reckon_due(now=now)

    habit = Habit.objects.get(customer=contoso, word="password")
    assert (habit.similar, habit.similar_rate, habit.advice) == (0, None, "")


def test_what_comes_back_needs_a_fix_whatever_others_ask(
    *, asking: list[Ticket], contoso: Customer, now: datetime
) -> None:
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in asking[:2]]).update(reopened=1)
    reckon_due(now=now)

    assert {(row.help, row.advice) for row in Habit.objects.exclude(advice="")} == {("FIX", "again")}
    assert Habit.objects.exclude(advice="").count() == 1, "the same advice is given once"


def test_words_of_the_very_same_tickets_stand_there_once(
    *, contoso: Customer, exchange: Service, queue: Queue, now: datetime
) -> None:
    for _number in range(3):
        make(queue, now=now - DAY, customer=contoso, service=exchange, subject="Meeting rooms in Zurich")
    reckon_due(now=now)

    assert sorted(Habit.objects.values_list("word", flat=True)) == ["", "meeting"]


def test_a_round_a_day_keeps_keys_and_forgets_what_is_over(
    *, asking: list[Ticket], contoso: Customer, now: datetime
) -> None:
    assert reckon_due(now=now)
    key = Habit.objects.get(customer=contoso, word="password").pk
    assert reckon_due(now=now + DAY / 2) is None

    assert reckon_due(now=now + 2 * DAY)
    habit = Habit.objects.get(customer=contoso, word="password")
    assert (habit.pk, habit.count) == (key, 5)
    assert reckon_due(now=now + 80 * DAY) == 0 and not Habit.objects.exists()


def test_a_worker_that_was_taken_over_keeps_nothing(*, asking: list[Ticket], now: datetime) -> None:
    reckon_due(now=now)
    InsightRound.objects.update(epoch=7, due_at=now)
    assert reckon_due(now=now)
    assert InsightRound.objects.get().epoch == 8 and set(Habit.objects.values_list("round", flat=True)) == {8}


def test_each_line_opens_just_its_tickets(
    *, asking: list[Ticket], others: list[Customer], as_agent: Client, contoso: Customer, now: datetime
) -> None:
    reckon_due(now=now)
    habit = Habit.objects.get(customer=contoso, word="password")
    for address in ("/desk/insight/", f"/customers/{contoso.tenant_id}/insight/"):
        shown = as_agent.get(address).content.decode()
        assert f"among=habit.{habit.pk}" in shown and "self-service password reset" in shown
    rows = as_agent.get("/tickets/", {"state": "all", "among": f"habit.{habit.pk}"}).context["page"].rows
    assert sorted(row.pk for row in rows) == [ticket.pk for ticket in asking]
    assert as_agent.get("/desk/insight/?help=training").context["page"].rows == []


def test_the_file_and_programs_get_the_same(
    *, asking: list[Ticket], others: list[Customer], as_agent: Client, now: datetime
) -> None:
    reckon_due(now=now)
    told = as_agent.get("/api/v1/insight/?kind=technical").json()["results"]
    answer: Any = as_agent.get("/desk/insight/export.csv?kind=technical")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))[1:]
    assert [(row["customer"], row["word"], str(row["count"])) for row in told] == [
        (row[0], row[3], row[4]) for row in rows
    ]
    assert told[0]["numbers"] == sorted((ticket.pk for ticket in asking), reverse=True)


def test_a_foreign_customer_is_told_of_nowhere(
    *, asking: list[Ticket], others: list[Customer], viewer: User, as_viewer: Client, contoso: Customer, now: datetime
) -> None:
    reckon_due(now=now)
    habit = Habit.objects.filter(customer=contoso).values_list("pk", flat=True)[0]
    group = CustomerGroup.objects.create(name="Ours")
    group.added.set(others)
    User.objects.filter(pk=viewer.pk).update(sees=User.Sees.ONLY)
    viewer.scope_groups.set([group])

    assert "Contoso" not in as_viewer.get("/desk/insight/").content.decode()
    assert as_viewer.get("/api/v1/insight/").json()["results"] == []
    assert as_viewer.get(f"/customers/{contoso.tenant_id}/insight/").status_code == 404
    assert as_viewer.get("/tickets/", {"state": "all", "among": f"habit.{habit}"}).context["page"].rows == []


def test_the_list_costs_the_same_however_long_it_is(
    *, asking: list[Ticket], others: list[Customer], as_viewer: Client, now: datetime
) -> None:
    reckon_due(now=now)
    counts = []
    for copies in (0, 40):
        row = Habit.objects.exclude(advice="").first()
        assert row is not None
        Habit.objects.bulk_create(
            Habit(
                customer=row.customer,
                kind=row.kind,
                word=f"w{number}",
                count=3,
                reopened=0,
                known=0,
                numbers=[],
                help="FIX",
                advice="often",
                round=1,
            )
            for number in range(copies)
        )
        with CaptureQueriesContext(connection) as asked:
            as_viewer.get("/desk/insight/")
        counts.append(sum("SAVEPOINT" not in one["sql"] for one in asked))
    assert counts[0] == counts[1] <= 12
