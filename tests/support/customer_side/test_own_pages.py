"""What people of customers see and do on their own pages, and what they never see."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.models import Contact, Customer
from support.changes import change
from support.customer_side.links import send_links
from support.desk import add_note, open_ticket, reply
from support.merging import merge
from support.models import Channel, CustomerPerson, Queue, Rating, SignInLink, Status, Ticket
from support.values import NewTicket
from tests.support.customer_side.conftest import link_in

pytestmark = pytest.mark.django_db
ComeIn = Callable[[str], Client]


@pytest.fixture
def foreign(fabrikam: Customer, queue: Queue, now: datetime) -> Ticket:
    new = NewTicket(
        subject="Foreign words",
        text="Ours",
        queue=queue,
        channel=Channel.MAIL,
        customer=fabrikam,
        requester_address="kim@contoso.example",
    )
    return open_ticket(new, by=None, now=now)


def test_a_link_by_mail_lets_in_once_and_looking_does_not_use_it_up(ticket: Ticket) -> None:
    browser, other = Client(), Client()
    answer = browser.post("/my/", {"address": "KIM@contoso.example"})
    assert "on its way" in answer.content.decode()
    send_links()
    (sent,) = mail.outbox
    link = link_in(str(sent.body))
    for _ in range(2):
        assert browser.get(link).status_code == 200
    assert browser.get("/my/tickets/").status_code == 302
    assert browser.post(link).status_code == 302
    assert "Outlook asks for the password" in browser.get("/my/tickets/").content.decode()
    assert other.post(link).status_code == 410
    assert other.get("/my/tickets/").status_code == 302


def test_who_is_unknown_reads_the_same_words_and_gets_no_mail(ticket: Ticket, client: Client) -> None:
    known, unknown = (client.post("/my/", {"address": f"{who}@contoso.example"}) for who in ("kim", "nobody"))
    assert known.content.decode().replace("kim@", "") == unknown.content.decode().replace("nobody@", "")
    assert [link.person.address for link in SignInLink.objects.all()] == ["kim@contoso.example"]


def test_a_link_has_ended_after_half_an_hour(ticket: Ticket, client: Client) -> None:
    client.post("/my/", {"address": "kim@contoso.example"})
    send_links()
    SignInLink.objects.update(ends_at=timezone.now())
    assert client.post(link_in(str(mail.outbox[0].body))).status_code == 410


def test_what_belongs_to_another_customer_is_not_there(come_in: ComeIn, ticket: Ticket, foreign: Ticket) -> None:
    """Even where the same address asked at both: each customer has a person, and a link, of its own."""
    contoso = CustomerPerson.objects.filter(customer=ticket.customer)
    Ticket.objects.filter(pk=foreign.pk).update(requester_address="other@fabrikam.example")
    browser = come_in("kim@contoso.example")
    assert contoso.get().address == "kim@contoso.example"
    Ticket.objects.filter(pk=foreign.pk).update(requester_address="kim@contoso.example")
    assert "Foreign words" not in browser.get("/my/tickets/").content.decode()
    for path in ("", "say/", "solved/", "rating/"):
        method = browser.post if path else browser.get
        assert method(f"/my/tickets/{foreign.pk}/{path}", {"text": "x", "is_good": "1"}).status_code == 404


def test_a_colleagues_request_shows_only_where_the_partner_allowed_it(
    come_in: ComeIn, ticket: Ticket, kim: CustomerPerson, as_agent: Client
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(requester_address="lee@contoso.example")
    Contact.objects.create(customer=kim.customer, name="Kim", address=kim.address)
    browser = come_in(kim.address)
    assert browser.get(f"/my/tickets/{ticket.pk}/").status_code == 404
    as_agent.post(f"/customers/{kim.customer.tenant_id}/people/{kim.pk}/", {"what": "all"})
    assert browser.get(f"/my/tickets/{ticket.pk}/").status_code == 200
    as_agent.post(f"/customers/{kim.customer.tenant_id}/people/{kim.pk}/", {"what": "off"})
    assert browser.get(f"/my/tickets/{ticket.pk}/").status_code == 302


def test_notes_and_replies_taken_back_never_show(
    come_in: ComeIn, ticket: Ticket, support_agent: User, now: datetime
) -> None:
    add_note(ticket.pk, text="He is difficult", by=support_agent, now=now)
    reply(ticket.pk, text="Try again, please", to=["kim@contoso.example"], by=support_agent, now=now)
    page = come_in("kim@contoso.example").get(f"/my/tickets/{ticket.pk}/").content.decode()
    assert "Try again, please" in page
    assert "He is difficult" not in page


def test_a_word_wakes_the_ticket_and_brings_its_files(
    come_in: ComeIn, ticket: Ticket, support_agent: User, now: datetime
) -> None:
    change(ticket.pk, values={"status": Status.WAITING_CUSTOMER}, by=support_agent, now=now)
    browser = come_in("kim@contoso.example")
    file = SimpleUploadedFile("log.txt", b"one line", content_type="text/plain")
    browser.post(f"/my/tickets/{ticket.pk}/say/", {"text": "Still so", "files": [file]})
    entry = ticket.entries.get(text="Still so")
    assert (entry.channel, entry.sender_address, entry.files.count()) == ("CUSTOMER_PAGE", "kim@contoso.example", 1)
    assert Ticket.objects.get(pk=ticket.pk).status == Status.OPEN
    assert "log.txt" in browser.get(f"/my/tickets/{ticket.pk}/").content.decode()
    browser.post(f"/my/tickets/{ticket.pk}/say/", {"text": ""})
    assert ticket.entries.filter(kind="MESSAGE").count() == 2


def test_a_closed_request_goes_on_in_a_new_one_that_is_linked(come_in: ComeIn, ticket: Ticket, now: datetime) -> None:
    change(ticket.pk, values={"status": Status.CLOSED}, by=None, now=now)
    browser = come_in("kim@contoso.example")
    browser.post(f"/my/tickets/{ticket.pk}/say/", {"text": "Again"})
    assert ticket.entries.count() == 1
    said = {"subject": "Again", "text": "It is back", "family": "MICROSOFT_365", "severity": "C"}
    browser.post(f"/my/tickets/new/?after={ticket.pk}", said)
    new = Ticket.objects.exclude(pk=ticket.pk).get()
    assert (new.customer, new.requester_address, new.channel) == (
        ticket.customer,
        "kim@contoso.example",
        "CUSTOMER_PAGE",
    )
    assert f"#{ticket.pk}" in new.entries.get(kind="NOTE").text


def test_who_asked_calls_it_solved_and_rates_it_for_two_weeks(come_in: ComeIn, ticket: Ticket, now: datetime) -> None:
    browser = come_in("kim@contoso.example")
    browser.post(f"/my/tickets/{ticket.pk}/rating/", {"is_good": "1"})
    assert not Rating.objects.exists()
    browser.post(f"/my/tickets/{ticket.pk}/solved/")
    assert Ticket.objects.get(pk=ticket.pk).status == Status.SOLVED
    browser.post(f"/my/tickets/{ticket.pk}/rating/", {"is_good": "1"})
    browser.post(f"/my/tickets/{ticket.pk}/rating/", {"is_good": "0", "words": "Slow"})
    assert [(one.is_good, one.words) for one in Rating.objects.all()] == [(False, "Slow")]
    Ticket.objects.filter(pk=ticket.pk).update(solved_at=timezone.now() - timedelta(days=15))
    browser.post(f"/my/tickets/{ticket.pk}/rating/", {"is_good": "1"})
    assert not Rating.objects.get().is_good


def test_of_what_was_merged_only_ones_own_words_show(
    come_in: ComeIn, ticket: Ticket, queue: Queue, support_agent: User, now: datetime
) -> None:
    others = NewTicket(
        subject="Salary list",
        text="Secret of Lee",
        queue=queue,
        channel=Channel.MAIL,
        customer=ticket.customer,
        requester_address="lee@contoso.example",
    )
    own = replace(others, subject="Second", text="Second of Kim", requester_address="kim@contoso.example")
    for new in (others, own):
        merge(open_ticket(new, by=None, now=now).pk, into=ticket.pk, by=support_agent, now=now)
    page = come_in("kim@contoso.example").get(f"/my/tickets/{ticket.pk}/").content.decode()
    assert "Second of Kim" in page
    assert "Secret of Lee" not in page


def test_health_and_support_are_those_of_ones_own_organization(come_in: ComeIn, ticket: Ticket) -> None:
    browser = come_in("kim@contoso.example")
    assert "Service health" in browser.get("/my/health/").content.decode()
    assert "Our support" in browser.get("/my/support/").content.decode()
    browser.post("/my/language/", {"language": "zh-hant"})
    assert 'lang="zh-Hant"' in browser.get("/my/tickets/").content.decode()
    browser.post("/my/out/")
    assert browser.get("/my/health/").status_code == 302


def test_the_cookie_of_a_customer_opens_nothing_of_ours(come_in: ComeIn, ticket: Ticket) -> None:
    browser = come_in("kim@contoso.example")
    assert browser.get("/tickets/").status_code == 302
    assert browser.get("/api/v1/tickets/").status_code in {401, 403}
