"""Mails come through a real IMAP server: nothing is lost, nothing is doubled, and none holds up the next."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from csp_portal.notices.models import Event
from customers.models import Customer
from support.mail.senders import sender_of
from support.mail.taking_in import LARGEST, take_in_due
from support.mailboxes.reading import BATCH, TOLD_AFTER, read_due
from support.models import Channel, Entry, Mailbox, MailPlace, OutgoingMail, Queue, ReceivedMail, Ticket
from tests.support.mail.corpus import HARD
from tests.support.mailboxes.imap_server import Folder, ImapServer

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATER = timedelta(hours=2)


def mail(number: int = 1, *, more: str = "", words: str = "Outlook is broken") -> bytes:
    head = (
        f"From: Kim <kim@contoso.example>\r\nTo: support@partner.example\r\nMessage-ID: <m{number}@contoso.example>\r\n"
    )
    return f"{head}Subject: Help {number}\r\n{more}\r\n{words} {number}\r\n".encode()


def take_in(now: datetime) -> None:
    while take_in_due(now=now):
        pass


def lines(raw: bytes) -> bytes:
    """A mail server may write every line's end as the standard wants it."""
    return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def test_the_whole_corpus_comes_through_once_however_often_the_mailbox_is_read(
    box: Mailbox, folder: Folder, contoso: Customer, now: datetime
) -> None:
    for number, hard in enumerate(HARD):
        folder.put(hard.raw, at=now - HOUR * (len(HARD) - number))
    assert read_due(now=now) == len(HARD) > BATCH
    for _round in range(2):
        take_in(now)
        Mailbox.objects.update(due_at=now)
        assert read_due(now=now) == 0

    kept = {lines(bytes(one.raw)): one for one in ReceivedMail.objects.select_related("ticket")}
    assert len(kept) == ReceivedMail.objects.count() == MailPlace.objects.count() == len(HARD)
    assert {hard.what: kept[lines(hard.raw)].state for hard in HARD} == {hard.what: hard.state for hard in HARD}
    threads = Counter(one.ticket_id for one in kept.values() if one.state == "TAKEN")
    assert set(threads.values()) == {1}  # each is a request of its own
    assert Entry.objects.filter(kind="MESSAGE").count() == len(threads)
    assert folder.seen() == len(folder) == len(HARD)


def test_an_answer_finds_its_ticket_and_the_same_mail_in_two_mailboxes_is_one(
    box: Mailbox, folder: Folder, make_folder: Callable[[], Folder], ticket: Ticket, now: datetime
) -> None:
    second = make_folder()
    twin = Mailbox(name="Info", address="info@partner.example", queue=box.queue, is_enabled=True, due_at=now)
    twin.host, twin.port, twin.user, twin.folder = box.host, box.port, box.address, second.name
    twin.seal_secret("password", box.open_secret("password"))
    twin.save()
    entry = Entry.objects.filter(ticket=ticket)[0]
    OutgoingMail.objects.create(entry=entry, to=["kim@contoso.example"], subject="x", message_id="ours@partner.example")
    answer = mail(more="References: <ours@partner.example>\r\n", words="It goes on")
    folder.put(answer, at=now)
    second.put(b"Delivered-To: info@partner.example\r\n" + answer, at=now)
    assert read_due(now=now) == 2
    take_in(now)
    taken = ReceivedMail.objects.get(state="TAKEN")
    assert taken.ticket == ticket
    assert ReceivedMail.objects.get(state="IGNORED").why == "The same mail came already."
    assert ticket.entries.filter(kind="MESSAGE", channel=Channel.MAIL, text__contains="It goes on").count() == 1


def test_only_unread_mails_of_before_and_all_that_come_afterwards_are_read(
    box: Mailbox, folder: Folder, contoso: Customer, now: datetime
) -> None:
    folder.put(mail(1), at=now - HOUR, is_seen=True)
    folder.put(mail(2), at=now - HOUR)
    assert read_due(now=now) == 1
    folder.put(mail(3), at=now + HOUR, is_seen=True)  # a colleague's mail program was quicker
    assert read_due(now=now + HOUR) == 1
    assert {one.raw.tobytes() for one in ReceivedMail.objects.all()} == {mail(2), mail(3)}


def test_a_folder_with_new_numbers_is_read_anew_and_nothing_is_doubled(
    box: Mailbox, folder: Folder, contoso: Customer, now: datetime
) -> None:
    folder.put(mail(1), at=now - HOUR)
    assert read_due(now=now) == 1
    folder.make()
    folder.put(mail(1), at=now - HOUR, is_seen=True)
    folder.put(mail(2), at=now, is_seen=True)
    folder.put(mail(3), at=now - 90 * 24 * HOUR, is_seen=True)  # of long before we first looked
    read_due(now=now + HOUR)
    assert {one.raw.tobytes() for one in ReceivedMail.objects.all()} == {mail(1), mail(2)}
    assert MailPlace.objects.count() == 3
    assert Mailbox.objects.get().failures == 0


def test_mails_that_were_kept_are_moved_where_that_is_wanted(
    box: Mailbox, folder: Folder, make_folder: Callable[[], Folder], now: datetime
) -> None:
    done = make_folder()
    Mailbox.objects.update(afterwards="MOVE", moved_to=done.name)
    folder.put(mail(1), at=now)
    assert read_due(now=now) == 1
    assert (len(folder), len(done), done.seen()) == (0, 1, 1)

    Mailbox.objects.update(moved_to="nowhere")
    folder.put(mail(2), at=now)
    assert read_due(now=now + HOUR) == 1  # kept all the same
    mailbox = Mailbox.objects.get()
    assert (mailbox.problem, mailbox.due_at - now - HOUR < timedelta(minutes=2)) == ("TELLING", True)
    assert Event.objects.get(kind="MAILBOX_BROKEN").closed_at is None
    Mailbox.objects.update(moved_to=done.name)
    assert read_due(now=now + LATER) == 0
    assert (len(folder), len(done)) == (0, 2)
    assert Event.objects.get(kind="MAILBOX_BROKEN").closed_at == now + LATER


def test_a_mail_that_is_too_large_is_shown_and_does_not_hold_up_the_next(
    box: Mailbox, folder: Folder, contoso: Customer, now: datetime
) -> None:
    folder.put(mail(1, words="x" * LARGEST), at=now)
    folder.put(mail(2), at=now)
    assert read_due(now=now) == 2
    take_in(now)
    large = ReceivedMail.objects.get(state="QUARANTINED")
    assert (large.subject, large.sender) == ("Help 1", "kim@contoso.example")
    assert large.size > LARGEST > len(large.raw)
    assert "larger than 25 MB" in large.why
    assert Ticket.objects.get().subject == "Help 2"


def test_a_mail_at_which_the_server_hangs_up_each_time_is_passed_over_and_shown(
    box: Mailbox, folder: Folder, imap: ImapServer, contoso: Customer, now: datetime
) -> None:
    folder.put(mail(1), at=now)
    folder.put(mail(2), at=now)

    def hang_up(said: bytes) -> None:
        if b"BODY.PEEK" in said and b"FETCH 101 " in said:
            raise OSError

    imap.at_command = hang_up
    for number in range(TOLD_AFTER):
        assert read_due(now=now + number * HOUR) == 0
    assert read_due(now=now + TOLD_AFTER * HOUR) == 2
    take_in(now)
    assert "broke off" in ReceivedMail.objects.get(state="QUARANTINED").why
    assert Ticket.objects.get().subject == "Help 2"
    assert Mailbox.objects.get().problem == ""


def wrong_password(box: Mailbox, settings: Any) -> None:
    box.seal_secret("password", "wrong")


def wrong_folder(box: Mailbox, settings: Any) -> None:
    box.folder = "nowhere"


def wrong_port(box: Mailbox, settings: Any) -> None:
    box.port = 1


def wrong_host(box: Mailbox, settings: Any) -> None:
    box.host = "mail.invalid"


def distrusted(box: Mailbox, settings: Any) -> None:
    settings.MAILBOX_CA_FILE = ""


def inner_address(box: Mailbox, settings: Any) -> None:
    settings.MAILBOX_NETWORKS = []


@pytest.mark.parametrize(
    ("break_it", "problem", "is_told"),
    [
        (wrong_password, "LOGIN", True),
        (wrong_folder, "FOLDER", True),
        (wrong_port, "UNREACHABLE", False),
        (wrong_host, "HOST", False),
        (distrusted, "CERTIFICATE", True),
        (inner_address, "PRIVATE", True),
    ],
)
def test_what_is_wrong_is_said_told_and_tried_again_later_and_later(  # noqa: PLR0917 - fixtures and cases
    box: Mailbox, now: datetime, settings: Any, break_it: Callable[[Mailbox, Any], None], problem: str, is_told: bool
) -> None:
    break_it(box, settings)
    box.save()
    assert read_due(now=now) == 0
    first = Mailbox.objects.get()
    assert (first.problem, first.failures, first.failing_since) == (problem, 1, now)
    assert timedelta(seconds=20) < first.due_at - now < timedelta(seconds=40)
    assert Event.objects.filter(kind="MAILBOX_BROKEN").exists() == is_told
    Mailbox.objects.update(due_at=now, failures=9)
    read_due(now=now)
    assert Mailbox.objects.get().due_at - now > timedelta(minutes=20)
    assert Event.objects.filter(kind="MAILBOX_BROKEN", closed_at=None).count() == 1


def test_replies_leave_from_the_mailbox_that_the_customer_wrote_to(
    box: Mailbox, folder: Folder, contoso: Customer, now: datetime, settings: Any
) -> None:
    box.queue = Queue.objects.create(name="Billing")
    box.save()
    folder.put(mail(1), at=now)
    read_due(now=now)
    take_in(now)
    ticket = Ticket.objects.get()
    assert ticket.queue.name == "Billing"
    assert sender_of(ticket) == "Support <support@partner.example>"
    Mailbox.objects.update(sends_replies=False)
    assert sender_of(ticket) == settings.SUPPORT_FROM
