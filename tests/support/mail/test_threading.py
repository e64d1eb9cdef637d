"""To which ticket a mail belongs: by ids and signed addresses only; a stranger can't write himself in."""

from datetime import datetime, timedelta
from email import message_from_bytes
from io import BytesIO, TextIOWrapper

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.models import Contact, Customer
from support.changes import change
from support.desk import add_note, reply, undo_reply
from support.mail.reading import read_mail
from support.mail.sending import send_due
from support.mail.taking_in import keep, take_in_due
from support.mail.tokens import reply_address, ticket_named_in
from support.models import Entry, OutgoingMail, ReceivedMail, Status, Ticket
from tests.notice_runs.conftest import Mailbox, mailbox

__all__ = ["mailbox"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture(autouse=True)
def our_address(settings: object) -> None:
    settings.SUPPORT_FROM = "Support <support@partner.example>"  # type: ignore[attr-defined]


@pytest.fixture
def answered(ticket: Ticket, support_agent: User, mailbox: Mailbox, now: datetime) -> OutgoingMail:
    entry = reply(
        ticket.pk, text="Please restart", to=["kim@contoso.example"], by=support_agent, now=now, undo_seconds=-1
    )
    assert send_due() == 1
    return OutgoingMail.objects.get(entry=entry)


def mail(sender: str, *, to: str = "support@partner.example", subject: str = "Re: x", more: str = "") -> bytes:
    return f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\n{more}\r\nStill broken".encode()


def take(raw: bytes, *, now: datetime) -> ReceivedMail:
    kept = keep(raw, now=now)
    take_in_due(now=now)
    kept.refresh_from_db()
    return kept


def test_a_reply_goes_out_once_with_our_id_and_a_signed_address_and_no_internal_word(
    ticket: Ticket, answered: OutgoingMail, mailbox: Mailbox, now: datetime
) -> None:
    add_note(ticket.pk, text="He is difficult", by=None, now=now)
    assert send_due() == 0
    [(_sender, recipient, sent)] = mailbox.mails
    assert recipient == "kim@contoso.example"
    assert sent["Message-ID"] == f"<{answered.message_id}>"
    assert ticket_named_in(sent["Reply-To"]) == ticket.pk
    assert "difficult" not in sent.as_string()
    answered.refresh_from_db()
    assert answered.state == "SENT"


def test_what_was_taken_back_is_never_sent(
    ticket: Ticket, support_agent: User, mailbox: Mailbox, now: datetime
) -> None:
    entry = reply(ticket.pk, text="Oops", to=["kim@contoso.example"], by=support_agent, now=now)
    undo_reply(entry, by=support_agent, now=now)
    assert send_due() == 0
    assert mailbox.mails == []


def test_every_recipient_of_a_reply_gets_it(
    ticket: Ticket, support_agent: User, mailbox: Mailbox, now: datetime
) -> None:
    asked: list[str] = []
    mailbox.at_recipient = lambda address: asked.append(address) or "250 OK"  # type: ignore[func-returns-value]
    to = ["kim@contoso.example"]
    reply(ticket.pk, text="Hi", to=to, cc=["boss@contoso.example"], by=support_agent, now=now, undo_seconds=-1)
    assert send_due() == 1
    assert asked == ["kim@contoso.example", "boss@contoso.example"]


def test_an_address_that_is_refused_is_said_at_the_reply(
    ticket: Ticket, support_agent: User, mailbox: Mailbox, now: datetime
) -> None:
    mailbox.at_recipient = lambda address: "550 5.1.1 no such user"
    entry = reply(ticket.pk, text="Hi", to=["kim@contoso.example"], by=support_agent, now=now, undo_seconds=-1)
    send_due()
    found = OutgoingMail.objects.get(entry=entry)
    assert (found.state, found.problem) == ("FAILED", "550 5.1.1 no such user")


def test_an_answer_finds_its_ticket_by_our_message_id(ticket: Ticket, answered: OutgoingMail, now: datetime) -> None:
    raw = mail("kim@contoso.example", subject="Other words", more=f"In-Reply-To: <{answered.message_id}>\r\n")
    assert take(raw, now=now).ticket == ticket
    assert ticket.entries.filter(kind="MESSAGE").count() == 2


def test_a_new_mail_to_the_signed_address_finds_its_ticket(ticket: Ticket, now: datetime) -> None:
    raw = mail(
        "kim@contoso.example", to=reply_address(ticket.pk, sender="support@partner.example"), subject="A new thread"
    )
    assert take(raw, now=now).ticket == ticket


@pytest.mark.parametrize("subject", ["Re: Outlook asks for the password", "Re: x [#{number}]"])
def test_a_recycled_subject_never_finds_a_ticket(subject: str, ticket: Ticket, now: datetime) -> None:
    found = take(mail("kim@contoso.example", subject=subject.format(number=ticket.pk)), now=now)
    assert found.state == "TAKEN"
    assert found.ticket != ticket


def test_a_guessed_address_opens_no_ticket(ticket: Ticket, now: datetime) -> None:
    guessed = f"support+t{ticket.pk}.{'a' * 24}@partner.example"
    assert take(mail("kim@contoso.example", to=guessed), now=now).ticket != ticket


def test_a_stranger_who_answers_is_set_aside_and_reads_and_writes_nothing(
    ticket: Ticket, answered: OutgoingMail, now: datetime
) -> None:
    found = take(mail("eve@elsewhere.example", more=f"References: <{answered.message_id}>\r\n"), now=now)
    assert (found.state, found.ticket) == ("QUARANTINED", None)
    assert "has no part in it" in found.why
    assert ticket.entries.filter(kind="MESSAGE").count() == 1


def test_a_colleague_of_the_same_domain_may_answer(ticket: Ticket, answered: OutgoingMail, now: datetime) -> None:
    raw = mail("lee@contoso.example", more=f"References: <a@b> <{answered.message_id}>\r\n")
    assert take(raw, now=now).ticket == ticket


def test_an_answer_to_a_closed_ticket_opens_another_that_says_so(
    ticket: Ticket, answered: OutgoingMail, now: datetime
) -> None:
    change(ticket.pk, values={"status": Status.CLOSED}, by=None, now=now)
    found = take(mail("kim@contoso.example", more=f"References: <{answered.message_id}>\r\n"), now=now)
    assert found.ticket not in (None, ticket)
    assert f"#{ticket.pk}" in Entry.objects.get(ticket=found.ticket, kind="NOTE").text
    assert found.ticket.customer == ticket.customer


def test_an_answer_to_a_solved_ticket_reopens_it(ticket: Ticket, answered: OutgoingMail, now: datetime) -> None:
    change(ticket.pk, values={"status": Status.SOLVED}, by=None, now=now)
    take(mail("kim@contoso.example", more=f"References: <{answered.message_id}>\r\n"), now=now)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.reopened) == ("OPEN", 1)


def test_the_customer_is_found_by_contact_then_by_domain_then_not_at_all(
    contoso: Customer, fabrikam: Customer, queue: object, now: datetime
) -> None:
    Contact.objects.create(customer=fabrikam, name="Max", address="max@mail.example", language="zh-hant")
    by_contact = take(mail("max@mail.example", subject="one"), now=now).ticket
    by_domain = take(mail("new@contoso.example", subject="two"), now=now).ticket
    by_nothing = take(mail("who@nowhere.example", subject="three"), now=now).ticket
    assert (by_contact.customer, by_contact.language) == (fabrikam, "zh-hant")
    assert by_domain.customer == contoso
    assert by_nothing.customer is None


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("=?iso-8859-1?Q?M=FCller=2C_Hans?=", "Müller, Hans"),
        ("=?utf-8?q?boss=40contoso=2Eexample=2C?=", "boss@contoso.example,"),
        ("=?utf-8?b?546L?= 小明", "王 小明"),
        ('"王, 小明"', "王, 小明"),
    ],
)
def test_a_name_with_a_comma_or_an_address_in_it_is_never_taken_for_the_senders_address(
    said: str, name: str, ticket: Ticket, now: datetime
) -> None:
    raw = mail(f"{said} <stranger@evil.example>", to=reply_address(ticket.pk, sender="support@partner.example"))
    kept = take(raw, now=now)
    assert (kept.state, kept.sender) == ("QUARANTINED", "stranger@evil.example")
    assert read_mail(raw).sender_name == name


def test_an_address_of_two_customers_is_nobodys(
    contoso: Customer, fabrikam: Customer, queue: object, now: datetime
) -> None:
    for customer in (contoso, fabrikam):
        Contact.objects.create(customer=customer, name="Max", address="max@mail.example")
    assert take(mail("max@mail.example"), now=now).ticket.customer is None


def test_a_bounce_marks_the_reply_that_bounced(ticket: Ticket, answered: OutgoingMail, now: datetime) -> None:
    kind = 'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n'
    inner = f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{answered.message_id}>\r\n\r\nx\r\n--b--\r\n"
    raw = f"From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\n{kind}\r\n{inner}".encode()
    assert take(raw, now=now).state == "IGNORED"
    answered.refresh_from_db()
    assert answered.state == "FAILED"
    assert "could not be delivered" in Entry.objects.get(ticket=ticket, kind="NOTE").text


def test_two_machines_that_answer_each_other_are_stopped(queue: object, now: datetime) -> None:
    for place in range(40):
        keep(mail("robot@elsewhere.example", subject=f"Ping {place}"), now=now + timedelta(seconds=place))
    while take_in_due(now=now + timedelta(minutes=2)):
        pass
    assert Ticket.objects.count() <= 31
    assert ReceivedMail.objects.filter(state="QUARANTINED").exists()


def test_a_mail_server_may_hand_a_mail_to_the_command(
    contoso: Customer, queue: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = mail("kim@contoso.example", subject="By pipe")
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(raw)))
    call_command("receive_mail")
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.customer) == ("By pipe", contoso)
    assert f"#{ticket.pk}" in capsys.readouterr().out
    assert message_from_bytes(bytes(ReceivedMail.objects.get().raw))["Subject"] == "By pipe"


def test_a_person_decides_what_becomes_of_what_was_set_aside(
    as_agent: Client, ticket: Ticket, answered: OutgoingMail, now: datetime
) -> None:
    stranger = f"References: <{answered.message_id}>\r\n"
    first = take(mail("eve@elsewhere.example", subject="one", more=stranger), now=now)
    second = take(mail("eve@elsewhere.example", subject="two", more=stranger), now=now)
    assert "has no part in it" in as_agent.get("/tickets/quarantine/").content.decode()
    original = as_agent.get(f"/tickets/quarantine/{first.pk}/original/")
    assert original["Content-Disposition"].startswith("attachment")
    as_agent.post(f"/tickets/quarantine/{first.pk}/take/")
    as_agent.post(f"/tickets/quarantine/{second.pk}/dismiss/")
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.ticket not in (None, ticket)
    assert (second.state, second.ticket) == ("IGNORED", None)
    assert "No mail is set aside" in as_agent.get("/tickets/quarantine/").content.decode()
