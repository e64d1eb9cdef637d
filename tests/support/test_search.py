"""Search: words in English and Chinese, beginnings, numbers, addresses and Microsoft's ids, in what was ever said."""

from datetime import datetime

import pytest
from django.test import Client

from csp_portal.accounts.models import User
from customers.models import Customer
from support.changes import change
from support.desk import add_note, receive, reply, undo_reply
from support.lists import search
from support.lists.search import search_page
from support.lists.words import BUCKET, query_of, words_of
from support.models import Channel, Queue, Ticket
from support.values import Incoming
from tests.support.test_lists import make, numbers

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ("outlook", True),
        ("OUTLOOK Password", True),
        ("outl", True),  # a beginning
        ("outl password", False),  # only the last word is a beginning
        ("tlook", False),
        ("無法登入", True),
        ("登", True),
        ("入", True),
        ("無登", False),
        ("kim@contoso.example", True),
        ("kim@cont", True),
        ("contoso.example", True),
        ("EX123456", True),
        ("aadsts50076", True),
        ("AADSTS5007", True),
        ("outlook absent", False),
        ("&|!():*'\\", False),
        ("it's", True),
    ],
)
def test_a_ticket_is_found_by_its_words(
    *, asked: str, is_found: bool, as_agent: Client, contoso: Customer, queue: Queue, now: datetime
) -> None:
    subject = "Outlook asks for the password: 使用者無法登入"
    text = "AADSTS50076 since EX123456. It's urgent."
    wanted = make(
        *(queue,), now=now, customer=contoso, subject=subject, text=text, requester_address="kim@contoso.example"
    )

    assert numbers(as_agent, f"q={asked.replace('&', '%26')}") == ([wanted.pk] if is_found else [])


def test_whatever_is_said_later_is_found_at_once(
    *, as_agent: Client, ticket: Ticket, support_agent: User, now: datetime
) -> None:
    add_note(ticket.pk, text="zirconium", by=support_agent, now=now)
    receive(ticket.pk, Incoming(text="yttrium", channel=Channel.MAIL, sender_name="Lee"), now=now)
    change(ticket.pk, values={"tags": ["niobium"], "subject": "Teams"}, by=support_agent, now=now)
    said = reply(ticket.pk, text="palladium", to=["kim@contoso.example"], by=support_agent, now=now)

    assert [numbers(as_agent, f"q={word}") for word in ("zirconium", "yttrium lee", "niobium", "palladium")] == [
        [ticket.pk]
    ] * 4
    assert numbers(as_agent, "q=outlook") == []

    undo_reply(said, by=support_agent, now=now)
    assert numbers(as_agent, "q=palladium") == []


def test_the_ticket_of_a_number_comes_first(
    *, as_agent: Client, ticket: Ticket, contoso: Customer, queue: Queue, now: datetime
) -> None:
    other = make(queue, now=now, customer=contoso, subject=f"As in {ticket.pk}")

    assert numbers(as_agent, f"q={ticket.pk}") == [ticket.pk, other.pk]
    assert numbers(as_agent, f"q=%23{ticket.pk}") == [ticket.pk, other.pk]


def test_a_search_looks_among_ended_tickets_too_unless_a_state_is_asked_for(
    *, as_agent: Client, ticket: Ticket, support_agent: User, now: datetime
) -> None:
    change(ticket.pk, values={"status": "CLOSED"}, by=support_agent, now=now)

    assert numbers(as_agent, "q=outlook") == [ticket.pk]
    assert numbers(as_agent, "q=outlook&state=open") == []


def test_old_and_new_tickets_are_found_page_by_page_however_far_apart(
    *, contoso: Customer, queue: Queue, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [make(queue, now=now, customer=contoso) for _ in range(6)]
    for place, ticket in enumerate(made):
        _renumber(ticket, to=1_000_000 + place * 3 * BUCKET)
    rows = Ticket.objects.all()
    expected = [1_000_000 + place * 3 * BUCKET for place in range(6)][::-1]
    seen, mark = [], ""
    for _ in range(3):
        page = search_page(rows, words="help", mark=mark, size=2)
        seen += [ticket.pk for ticket in page.rows]
        mark = page.next_page_number
    assert seen == expected and not mark
    back = search_page(rows, words="help", mark=page.previous_page_number, size=2)
    assert [ticket.pk for ticket in back.rows] == expected[2:4]


def test_chinese_is_taken_apart_two_by_two_and_english_by_words() -> None:
    assert words_of(["Wi-Fi 密碼錯誤"]) == {"wi", "fi", "密碼", "碼錯", "錯誤", "誤"}
    assert query_of("密碼錯 pass") == "'密碼' & '碼錯' & 'pass':*"
    assert query_of(" ,, ") == ""
    assert len(words_of(["word " * 100 + " ".join(f"w{n}" for n in range(9000))])) > search.MOST_RARE


def _renumber(ticket: Ticket, *, to: int) -> None:
    """As if many others had come between."""
    copy = Ticket.objects.get(pk=ticket.pk)
    copy.pk = to
    copy.save(force_insert=True)
    change(to, values={"tags": ["far"]}, by=None, now=copy.updated_at)
    Ticket.objects.filter(pk=to).update(subject="Help")
    change(to, values={"subject": "Help "}, by=None, now=copy.updated_at)
    Ticket.objects.filter(pk=ticket.pk).update(subject="Gone")
    ticket.entries.all().delete()
    Ticket.objects.get(pk=ticket.pk).found_by.delete()


def test_a_beginning_that_many_of_the_newest_have_is_found_without_those_of_others(
    *, contoso: Customer, fabrikam: Customer, queue: Queue, now: datetime
) -> None:
    """The newest are walked through one by one; whose they are is asked all the same, and pages follow each other."""
    ours = [make(queue, now=now, customer=contoso).pk for _ in range(5)]
    make(queue, now=now, customer=fabrikam)
    rows = Ticket.objects.filter(customer=contoso)
    first = search_page(rows, words="hel", mark="", columns=("pk", "id", "customer__name"), size=3)
    assert [row.pk for row in first.rows] == ours[::-1][:3]
    assert {row.customer__name for row in first.rows} == {"Contoso"}
    last = search_page(rows, words="hel", mark=first.next_page_number, columns=("pk", "id"), size=3)
    assert [row.pk for row in last.rows] == ours[::-1][3:]
    back = search_page(rows, words="hel", mark=last.previous_page_number, columns=("pk", "id"), size=3)
    assert [row.pk for row in back.rows] == ours[::-1][:3]
