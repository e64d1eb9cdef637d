"""Merge, split and link: never across customers, always to be taken back, and no word of a customer gets lost."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry as AuditEntry
from customers.models import Customer
from support.changes import change
from support.conversation import conversation_of
from support.desk import add_note, open_ticket, receive
from support.merging import NotJoined, link, linked_to, merge, split, unmerge
from support.models import Channel, Queue, ReopenRule, Status, Ticket
from support.reopening import begins_anew
from support.values import Incoming, NewTicket

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def new(contoso: Customer, queue: Queue) -> NewTicket:
    return NewTicket(subject="Password", text="Once more", queue=queue, channel=Channel.MAIL, customer=contoso)


@pytest.fixture
def second(ticket: Ticket, new: NewTicket, now: datetime) -> Ticket:
    return open_ticket(new, by=None, now=now + HOUR)


def words(ticket: Ticket, *, now: datetime) -> list[str]:
    return [one.entry.text for one in conversation_of(Ticket.objects.get(pk=ticket.pk), now=now)]


def test_a_merged_ticket_is_read_in_the_other_in_order_and_answers_to_it_arrive_there(
    ticket: Ticket, second: Ticket, support_agent: User, now: datetime
) -> None:
    receive(ticket.pk, Incoming(text="Third", channel=Channel.MAIL), now=now + 2 * HOUR)
    merge(second.pk, into=ticket.pk, by=support_agent, now=now + 3 * HOUR)
    entry = receive(second.pk, Incoming(text="Fourth", channel=Channel.MAIL), now=now + 4 * HOUR)
    assert entry.ticket_id == ticket.pk
    assert words(ticket, now=now) == ["Since this morning, again and again.", "Once more", "Third", "Fourth"]
    merged = Ticket.objects.get(pk=second.pk)
    assert (merged.status, merged.merged_into) == (Status.CLOSED, ticket)


def test_a_merge_is_taken_back_to_what_was_before(
    ticket: Ticket, second: Ticket, support_agent: User, now: datetime
) -> None:
    change(second.pk, values={"status": Status.WAITING_CUSTOMER}, by=support_agent, now=now + HOUR)
    merge(second.pk, into=ticket.pk, by=support_agent, now=now + 2 * HOUR)
    change(ticket.pk, values={"subject": "Another name"}, by=support_agent, now=now + 2 * HOUR)
    unmerge(second.pk, by=support_agent, now=now + 3 * HOUR)
    parted = Ticket.objects.get(pk=second.pk)
    assert (parted.status, parted.merged_into, parted.reopened) == (Status.WAITING_CUSTOMER, None, 0)
    assert words(ticket, now=now) == ["Since this morning, again and again."]
    assert words(parted, now=now) == ["Once more"]


def test_tickets_of_two_customers_stay_apart_and_each_try_is_in_the_audit(
    ticket: Ticket, fabrikam: Customer, new: NewTicket, support_agent: User, now: datetime
) -> None:
    foreign = open_ticket(replace(new, customer=fabrikam), by=None, now=now)
    with pytest.raises(NotJoined, match="not of the same customer"):
        merge(foreign.pk, into=ticket.pk, by=support_agent, now=now)
    with pytest.raises(NotJoined, match="not of the same customer"):
        link(foreign.pk, to=ticket.pk, by=support_agent, now=now)
    tried = AuditEntry.objects.filter(action="tickets.kept_apart")
    assert [row.after for row in tried] == [{"other": str(ticket)}] * 2
    assert Ticket.objects.get(pk=foreign.pk).merged_into is None
    assert linked_to(ticket) == []


def test_two_strangers_are_not_taken_for_one_customer(new: NewTicket, support_agent: User, now: datetime) -> None:
    one, two = (
        open_ticket(replace(new, customer=None, requester_address=name), by=None, now=now)
        for name in ("a@x.example", "b@x.example")
    )
    with pytest.raises(NotJoined):
        merge(one.pk, into=two.pk, by=support_agent, now=now)


def test_no_word_of_another_customer_shows_even_where_a_merged_ticket_is_given_to_one(
    ticket: Ticket, second: Ticket, fabrikam: Customer, support_agent: User, now: datetime
) -> None:
    merge(second.pk, into=ticket.pk, by=support_agent, now=now)
    change(second.pk, values={"customer": fabrikam}, by=support_agent, now=now)
    assert words(ticket, now=now) == ["Since this morning, again and again."]
    assert receive(second.pk, Incoming(text="Hello?", channel=Channel.MAIL), now=now).ticket_id == second.pk


def test_a_merge_into_a_merged_ticket_is_refused(
    ticket: Ticket, second: Ticket, support_agent: User, now: datetime
) -> None:
    merge(second.pk, into=ticket.pk, by=support_agent, now=now)
    for one, other in ((ticket, second), (second, ticket), (ticket, ticket)):
        with pytest.raises(NotJoined):
            merge(one.pk, into=other.pk, by=support_agent, now=now)


def test_a_message_becomes_a_ticket_linked_both_ways_and_a_note_never_does(
    ticket: Ticket, support_agent: User, now: datetime
) -> None:
    opened = split(ticket.entries.get(), subject="Something else", by=support_agent, now=now)
    assert opened.entries.public().get().text == "Since this morning, again and again."
    assert (opened.customer, linked_to(opened), linked_to(ticket)) == (ticket.customer, [ticket], [opened])
    note = add_note(ticket.pk, text="He is difficult", by=support_agent, now=now)
    with pytest.raises(NotJoined):
        split(note, subject="No", by=support_agent, now=now)


def test_a_word_reopens_within_the_days_and_begins_anew_afterwards(
    ticket: Ticket, support_agent: User, now: datetime
) -> None:
    ReopenRule.objects.create(pk=1, days=7)
    solved = change(ticket.pk, values={"status": Status.SOLVED}, by=support_agent, now=now)
    assert not begins_anew(solved, now=now + timedelta(days=7))
    assert begins_anew(solved, now=now + timedelta(days=7, seconds=1))
    closed = change(ticket.pk, values={"status": Status.CLOSED}, by=support_agent, now=now)
    assert begins_anew(closed, now=now)


def test_the_page_merges_shows_where_it_went_and_takes_it_back(
    client: Client, ticket: Ticket, second: Ticket, support_agent: User
) -> None:
    client.force_login(support_agent)
    client.post(f"/tickets/{second.pk}/relate/", {"what": "merge", "other": f"#{ticket.pk}"})
    assert f"/tickets/{ticket.pk}/" in client.get(f"/tickets/{second.pk}/").content.decode()
    assert "Take the merge back" in client.get(f"/tickets/{ticket.pk}/related/").content.decode()
    client.post(f"/tickets/{second.pk}/unmerge/")
    assert Ticket.objects.get(pk=second.pk).merged_into is None


def test_a_program_merges_links_and_splits_by_the_same_rules(
    *, as_agent: Client, ticket: Ticket, second: Ticket, fabrikam: Customer, new: NewTicket, now: datetime
) -> None:
    def post(number: int, what: str, **said: object) -> tuple[int, dict[str, object]]:
        answer = as_agent.post(f"/api/v1/tickets/{number}/{what}/", said, content_type="application/json")
        return answer.status_code, answer.json()

    foreign = open_ticket(replace(new, customer=fabrikam), by=None, now=now)
    assert post(foreign.pk, "merge", other=ticket.pk)[0] == 403
    assert post(second.pk, "links", other=ticket.pk) == (200, {"linked": [ticket.pk]})
    assert post(second.pk, "merge", other=ticket.pk)[1]["number"] == ticket.pk
    assert post(second.pk, "merge", other=ticket.pk)[0] == 409
    assert post(second.pk, "unmerge")[1]["status"] == "NEW"
    status, opened = post(ticket.pk, "split", entry=ticket.entries.get().pk, subject="Two")
    assert (status, opened["subject"]) == (201, "Two")


def test_who_linked_and_who_took_it_back_stands_in_the_audit(as_agent: Client, ticket: Ticket, second: Ticket) -> None:
    for _ in range(2):
        as_agent.post(f"/tickets/{ticket.pk}/relate/", {"what": "link", "other": str(second.pk)})
    path = f"/api/v1/tickets/{ticket.pk}/links/"
    as_agent.delete(path, {"other": second.pk}, content_type="application/json")
    told = AuditEntry.objects.filter(action__contains="linked").order_by("pk").values_list("action", flat=True)
    assert list(told) == ["tickets.linked", "tickets.unlinked"]
