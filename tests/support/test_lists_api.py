"""Tickets for programs: the page's filters, pages by `next`, and one ticket with what was said."""

from datetime import datetime

import pytest
from django.test import Client

from csp_portal.accounts.models import User
from customers.models import Customer, CustomerGroup
from support.desk import add_note, reply, undo_reply
from support.models import Queue, Ticket
from tests.support.test_lists import make

pytestmark = pytest.mark.django_db
LIST = "/api/v1/tickets/"


def test_a_program_reads_the_list_page_by_page_with_the_filters_of_the_page(
    *, as_viewer: Client, contoso: Customer, queue: Queue, now: datetime
) -> None:
    made = [make(queue, now=now, customer=contoso, family="AZURE").pk for _ in range(3)]
    make(queue, now=now, customer=contoso)
    for query in ("?family=azure&page_size=2", "?family=azure&page_size=2&q=help"):
        first = as_viewer.get(f"{LIST}{query}").json()
        second = as_viewer.get(f"{LIST}{query}&page={first['next']}").json()

        assert [row["number"] for row in [*first["results"], *second["results"]]] == made[::-1]
        assert second["next"] == ""
    assert {row["tenant_id"] for row in first["results"]} == {str(contoso.tenant_id)}


def test_one_ticket_says_of_each_entry_whether_the_customer_may_read_it(
    as_viewer: Client, ticket: Ticket, support_agent: User, now: datetime
) -> None:
    add_note(ticket.pk, text="Ours alone", by=support_agent, now=now)
    undone = reply(ticket.pk, text="Oops", to=["kim@contoso.example"], by=support_agent, now=now)
    undo_reply(undone, by=support_agent, now=now)

    answer = as_viewer.get(f"{LIST}{ticket.pk}/").json()

    assert (answer["ticket"]["turn"], answer["ticket"]["customer"]) == ("US", "Contoso")
    assert [(entry["text"], entry["is_public"]) for entry in answer["entries"]] == [
        ("Since this morning, again and again.", True),
        ("Ours alone", False),
    ]


def test_a_foreign_ticket_is_not_there(*, as_viewer: Client, viewer: User, ticket: Ticket, fabrikam: Customer) -> None:
    group = CustomerGroup.objects.create(name="Ours")
    group.added.set([fabrikam])
    User.objects.filter(pk=viewer.pk).update(sees=User.Sees.ONLY)
    viewer.scope_groups.set([group])

    assert as_viewer.get(f"{LIST}{ticket.pk}/").status_code == 404
    assert as_viewer.get(LIST, {"state": "all"}).json()["results"] == []
    assert as_viewer.get(LIST, {"q": "outlook"}).json()["results"] == []


def test_a_row_of_the_list_says_what_the_ticket_itself_says(as_viewer: Client, ticket: Ticket, queue: Queue) -> None:
    bare = Ticket.objects.create(queue=queue, subject="Of nobody", promise_at=ticket.promise_at)
    rows = {row["number"]: row for row in as_viewer.get(LIST).json()["results"]}

    for number in (ticket.pk, bare.pk):
        assert rows[number] == as_viewer.get(f"{LIST}{number}/").json()["ticket"]
