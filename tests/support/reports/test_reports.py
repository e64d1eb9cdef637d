"""Reports of the desk: each bar opens just its tickets, and their sum is what the bar says."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.models import Customer, CustomerGroup
from support.changes import change
from support.desk import receive, reply
from support.lists.filters import TicketFilter, tickets_of
from support.models import Channel, Queue, Rating, SlaClock, Status, Ticket, TurnSpan
from support.reports.charts import charts_of
from support.reports.drawing import draw
from support.reports.reckon import reckon
from support.values import Incoming
from tests.support.test_lists import make

pytestmark = pytest.mark.django_db
REPORT = "/desk/reports/"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def desk(*, contoso: Customer, fabrikam: Customer, queue: Queue, support_agent: User, now: datetime) -> list[Ticket]:
    """Tickets of many ages: answered or not, solved, reopened, waiting, with promises kept and broken."""
    made = []
    for number in range(16):
        opened = now - timedelta(days=2 * number, hours=number)
        whose = (contoso, fabrikam, None)[number % 3]
        more: dict[str, Any] = {"family": "AZURE"} if number % 4 == 0 else {}
        ticket = make(queue, now=opened, customer=whose, severity="ABC"[number % 3], **more)
        if number % 2:
            reply(ticket.pk, text="Yes", to=[], by=support_agent, now=opened + timedelta(minutes=9 * number))
        for status, hours in ((Status.WAITING_MICROSOFT, 2), (Status.SOLVED, 3 * number)):
            if number % 3 == 1:
                change(
                    ticket.pk,
                    values={"status": status, "owner": support_agent},
                    by=support_agent,
                    now=opened + timedelta(hours=hours),
                )
        if number == 7:
            receive(ticket.pk, Incoming(text="No", channel=Channel.MAIL), now=opened + timedelta(hours=40))
        if number in (1, 4, 10):
            Rating.objects.create(ticket=ticket, is_good=number != 4, at=now)
        _promise(ticket, started=opened, is_broken=number % 5 == 0)
        made.append(ticket)
    return made


def _promise(ticket: Ticket, *, started: datetime, is_broken: bool) -> None:
    for breached in (None, started if is_broken else None):
        SlaClock.objects.create(
            ticket=ticket,
            kind="UPDATE",
            started_at=started,
            target_minutes=60,
            used=timedelta(),
            ended_at=started,
            breached_at=breached,
        )


def listed(user: User, address: str, *, now: datetime) -> list[int]:
    """What the list of tickets shows at this address."""
    query = QueryDict(urlsplit(address).query)
    return list(tickets_of(user, TicketFilter.from_query(query, user=user), now=now).values_list("pk", flat=True))


@pytest.mark.parametrize("query", ["", "family=azure", "severity=a&created_from=2020-01-01"])
def test_each_bar_is_as_long_as_the_list_that_it_opens(
    *, query: str, desk: list[Ticket], viewer: User, now: datetime
) -> None:
    chosen = TicketFilter.from_query(QueryDict(query), user=viewer)
    charts = {chart.key: chart for chart in charts_of(reckon(viewer, chosen, now=now), chosen)}
    for chart in charts.values():
        for row in chart.rows:
            assert (chart.key, row.name, len(listed(viewer, row.address, now=now))) == (
                chart.key,
                row.name,
                row.tickets,
            )
    figures = reckon(viewer, chosen, now=now)
    for whole in ("answer", "solution", "families", "owners"):
        assert sum(row.tickets for row in charts[whole].rows) == figures.opened > 0
    assert {row.name for row in charts["ages"].rows if row.tickets}


def test_the_time_of_a_holder_is_the_sum_over_the_tickets_of_its_bar(
    *, desk: list[Ticket], viewer: User, now: datetime
) -> None:
    chosen = TicketFilter.from_query(QueryDict(""), user=viewer)
    held = next(chart for chart in charts_of(reckon(viewer, chosen, now=now), chosen) if chart.key == "held")
    for row, turn in zip(held.rows, ("US", "CUSTOMER", "MICROSOFT", "DISTRIBUTOR"), strict=True):
        spans = TurnSpan.objects.filter(ticket__in=listed(viewer, row.address, now=now), turn=turn)
        ends = spans.annotate(until=Coalesce("ended_at", now)).values_list("began_at", "until")
        assert row.amount == pytest.approx(sum((until - began).total_seconds() for began, until in ends))
    assert held.rows[0].amount > 0 and held.rows[2].amount > 0


def test_half_and_nine_of_ten_are_those_of_the_single_tickets(
    *, desk: list[Ticket], viewer: User, now: datetime
) -> None:
    figures = reckon(viewer, TicketFilter.from_query(QueryDict(""), user=viewer), now=now)
    rows = Ticket.objects.filter(created_at__date__gte=figures.period.first, first_answered_at__isnull=False)
    waits = sorted((row.first_answered_at or now) - row.created_at for row in rows)
    assert figures.answer.median == waits[len(waits) // 2] if len(waits) % 2 else waits
    assert figures.answer.ninth is not None and waits[0] < figures.answer.ninth <= waits[-1]
    assert figures.reopened == 1 and figures.ended >= 4


def test_the_page_draws_and_links_every_bar(*, desk: list[Ticket], as_agent: Client) -> None:
    page = as_agent.get(REPORT)
    shown = page.content.decode()
    bars = [bar for drawing in page.context["drawings"] for bar in drawing.bars]
    assert shown.count('class="is-bar') == len(bars) > 60
    row = next(bar.row for bar in bars if bar.row.tickets)
    opened = as_agent.get(row.address).context["page"].rows
    assert len(opened) == row.tickets and "among" in dict(parse_qsl(urlsplit(row.address).query))


def test_a_bar_stays_inside_its_picture(*, desk: list[Ticket], viewer: User, now: datetime) -> None:
    chosen = TicketFilter.from_query(QueryDict("created_from=2024-01-01"), user=viewer)
    for chart in charts_of(reckon(viewer, chosen, now=now), chosen):
        drawing = draw(chart)
        assert all(bar.x >= 0 and bar.x + bar.width <= drawing.width for bar in drawing.bars)
        assert all(bar.y >= 0 and bar.y + bar.height <= drawing.height for bar in drawing.bars)


def test_only_visible_customers_are_counted_and_named(
    *, desk: list[Ticket], viewer: User, as_viewer: Client, fabrikam: Customer
) -> None:
    group = CustomerGroup.objects.create(name="Ours")
    group.added.set([fabrikam])
    User.objects.filter(pk=viewer.pk).update(sees=User.Sees.ONLY)
    viewer.scope_groups.set([group])

    page = as_viewer.get(REPORT)
    told = as_viewer.get("/api/v1/desk-report/").json()
    assert "Contoso" not in page.content.decode() and "Fabrikam" in page.content.decode()
    assert page.context["figures"].opened == told["opened"] == sum(t.customer_id == fabrikam.pk for t in desk[:14])


def test_the_file_holds_every_bar(*, desk: list[Ticket], as_agent: Client) -> None:
    answer: Any = as_agent.get(f"{REPORT}export.csv?family=azure")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    told = as_agent.get("/api/v1/desk-report/?family=azure").json()
    assert [(row[1], row[2]) for row in rows[1:]] == [
        (row["name"], str(row["tickets"])) for chart in told["charts"] for row in chart["rows"]
    ]


def test_it_costs_twelve_statements_at_most(*, desk: list[Ticket], as_viewer: Client, contoso: Customer) -> None:
    for query in ("", f"?customer={contoso.tenant_id}"):
        with CaptureQueriesContext(connection) as asked:
            assert as_viewer.get(f"{REPORT}{query}").status_code == 200
        assert sum("SAVEPOINT" not in one["sql"] for one in asked) <= 12


@pytest.mark.parametrize(
    "among", ["", "answered", "answered.x", "open_on.2026-02-31", "open_on.0001-01-01", "held.nobody", "kept.\x00", "."]
)
def test_nonsense_in_an_address_is_as_if_it_were_not_there(*, among: str, as_viewer: Client, ticket: Ticket) -> None:
    assert len(as_viewer.get("/tickets/", {"among": among, "state": "all"}).context["page"].rows) == 1
    assert as_viewer.get(REPORT, {"among": among, "created_until": "9999-12-31"}).status_code == 200
