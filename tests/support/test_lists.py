"""The list of tickets: what its address asks for, who sees what, and how it pages."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from csp_portal.accounts.models import User
from customers.models import Customer, CustomerGroup
from support.changes import change
from support.desk import open_ticket
from support.lists.waking import wake_due
from support.models import Channel, Queue, Status, Ticket
from support.values import NewTicket

pytestmark = pytest.mark.django_db


def make(queue: Queue, *, now: datetime, customer: Customer | None = None, **more: Any) -> Ticket:
    values = {"subject": "Help", "text": "Please.", **more}
    return open_ticket(NewTicket(queue=queue, channel=Channel.MAIL, customer=customer, **values), by=None, now=now)


def numbers(client: Client, query: str = "") -> list[int]:
    return [ticket.pk for ticket in client.get(f"/tickets/?{query}").context["page"].rows]


def test_the_list_shows_what_is_open_and_awake(
    *, as_agent: Client, support_agent: User, ticket: Ticket, contoso: Customer, queue: Queue, now: datetime
) -> None:
    asleep, solved = (make(queue, now=now, customer=contoso) for _ in range(2))
    change(asleep.pk, values={"snoozed_until": now + timedelta(days=3650)}, by=support_agent, now=now)
    change(solved.pk, values={"status": Status.SOLVED}, by=support_agent, now=now)

    assert numbers(as_agent) == [ticket.pk]
    assert numbers(as_agent, "state=snoozed") == [asleep.pk]
    assert numbers(as_agent, "state=ended") == [solved.pk]
    assert sorted(numbers(as_agent, "state=all")) == [ticket.pk, asleep.pk, solved.pk]


@pytest.mark.parametrize(
    "query",
    ["owner=me", "severity=a", "family=azure", "tag=vip", "state=microsoft", "reopened=yes", "kind=commercial"],
)
def test_each_filter_leaves_what_it_says(
    *, query: str, as_agent: Client, support_agent: User, ticket: Ticket, contoso: Customer, queue: Queue, now: datetime
) -> None:
    wanted = make(queue, now=now, customer=contoso, family="AZURE", kind="COMMERCIAL", tags=["vip"])
    for status in (Status.SOLVED, Status.WAITING_MICROSOFT):
        change(wanted.pk, values={"status": status}, by=support_agent, now=now)
    change(wanted.pk, values={"severity": "A", "owner": support_agent}, by=support_agent, now=now)

    assert numbers(as_agent, query) == [wanted.pk]


def test_a_customer_and_a_day_narrow_the_list(
    *, as_agent: Client, ticket: Ticket, fabrikam: Customer, queue: Queue, now: datetime
) -> None:
    other = make(queue, now=now - timedelta(days=3), customer=fabrikam)

    assert numbers(as_agent, f"customer={fabrikam.tenant_id}") == [other.pk]
    assert numbers(as_agent, f"created_until={(now - timedelta(days=1)).date()}") == [other.pk]
    assert numbers(as_agent, f"created_from={now.date()}") == [ticket.pk]
    assert sorted(numbers(as_agent, "created_from=2026-02-31&queue=x&owner=%00")) == sorted([ticket.pk, other.pk])


def test_nobody_sees_or_counts_or_finds_the_tickets_of_a_foreign_customer(
    *,
    as_viewer: Client,
    viewer: User,
    ticket: Ticket,
    contoso: Customer,
    fabrikam: Customer,
    queue: Queue,
    now: datetime,
) -> None:
    make(queue, now=now, subject="Outlook from nobody")
    other = make(queue, now=now, customer=fabrikam, subject="Outlook elsewhere")
    group = CustomerGroup.objects.create(name="Ours")
    group.added.set([fabrikam])
    User.objects.filter(pk=viewer.pk).update(sees=User.Sees.ONLY)
    viewer.scope_groups.set([group])

    assert numbers(as_viewer) == [other.pk]
    assert numbers(as_viewer, "q=outlook") == [other.pk]
    assert numbers(as_viewer, f"q={ticket.pk}") == []
    assert as_viewer.get("/tickets/views/").context["views"][0].count == 1


def test_pages_follow_each_other_without_a_gap(
    *, as_agent: Client, contoso: Customer, queue: Queue, now: datetime
) -> None:
    made = [make(queue, now=now + timedelta(seconds=n // 2), customer=contoso).pk for n in range(55)]
    for query in ("", "sort=number", "sort=severity", "q=please"):
        first = as_agent.get(f"/tickets/?{query}").context["page"]
        second = as_agent.get("/tickets/", {**_pairs(query), "page": first.next_page_number}).context["page"]
        back = as_agent.get("/tickets/", {**_pairs(query), "page": second.previous_page_number}).context["page"]
        assert [row.pk for row in [*first.rows, *second.rows]] == made[::-1]
        assert [row.pk for row in back.rows] == [row.pk for row in first.rows]


def test_the_list_takes_as_many_statements_for_fifty_tickets_as_for_one(
    *, as_agent: Client, ticket: Ticket, contoso: Customer, queue: Queue, now: datetime
) -> None:
    def statements(address: str) -> int:
        as_agent.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert as_agent.get(address).status_code == 200
        return sum("SAVEPOINT" not in query["sql"] for query in captured)

    addresses = ("/tickets/", "/tickets/?q=help", "/tickets/views/")
    few = [statements(address) for address in addresses]
    for _ in range(50):
        make(queue, now=now, customer=contoso)
    many = [statements(address) for address in addresses]

    assert few[0] == many[0] and few[2] == many[2]
    assert max(many) <= 12


def test_a_saved_view_is_shown_with_its_count(as_agent: Client, ticket: Ticket) -> None:
    as_agent.post("/views/new/", {"page": "support:ticket_list", "query": "severity=C&sort=number", "name": "Small"})

    page = as_agent.get("/tickets/views/", {"query": "severity=C&sort=number"})

    (view,) = [view for view in page.context["views"] if view.name == "Small"]
    assert (view.count, view.is_here, view.address) == (1, True, "/tickets/?severity=C&sort=number")


def test_the_file_has_what_the_list_shows_and_runs_nothing(
    *, as_agent: Client, contoso: Customer, queue: Queue, ticket: Ticket, now: datetime
) -> None:
    make(queue, now=now, customer=contoso, subject="=cmd|' /C calc'!A0", family="AZURE")

    answer: Any = as_agent.get("/tickets/export.csv?family=azure")

    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert "\"'=cmd|' /C calc'!A0\"" in lines[1]


def _pairs(query: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in query.split("&") if pair)


def test_a_ticket_whose_snooze_is_over_wakes_once_and_stands_at_the_top(
    ticket: Ticket, support_agent: User, now: datetime
) -> None:
    change(ticket.pk, values={"snoozed_until": now + timedelta(hours=1)}, by=support_agent, now=now)

    assert wake_due(now=now) == 0
    assert [wake_due(now=now + timedelta(hours=2)) for _ in range(2)] == [1, 0]
    ticket.refresh_from_db()
    assert (ticket.snoozed_until, ticket.updated_at) == (None, now + timedelta(hours=2))


@pytest.mark.parametrize(
    ("query", "value", "word"), [("", "", "Open"), ("?q=outlook", "", "Open and ended"), ("?state=new", "new", "New")]
)
def test_the_filter_shows_what_is_chosen(query: str, value: str, word: str, as_viewer: Client, ticket: Ticket) -> None:
    page = as_viewer.get(f"/tickets/{query}").content.decode()
    state = page.partition('name="state"')[2].partition("</select>")[0]
    assert re.findall(r'<option value="([^"]*)" selected>([^<]*)<', state) == [(value, word)]
