"""The settings of mailboxes: entered, tested by a worker, paused, and never showing a password."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.audit.models import Entry
from csp_portal.notices.models import Event
from support.mailboxes.reading import read_due
from support.mailboxes.trying import try_due
from support.models import Mailbox, Queue
from tests.support.mailboxes.imap_server import HOST, PASSWORD, USER, Folder, ImapServer
from tests.support.mailboxes.test_imap import mail

pytestmark = pytest.mark.django_db
ADDRESS = "/settings/desk/mailboxes/"


@pytest.fixture
def now() -> datetime:
    """Of this moment: views read the clock."""
    return timezone.now()


@pytest.fixture
def asked(imap: ImapServer, folder: Folder, queue: Queue) -> dict[str, Any]:
    return {
        "name": "Support",
        "kind": "IMAP",
        "address": USER,
        "queue": queue.pk,
        "host": HOST,
        "port": imap.port,
        "password": PASSWORD,
        "folder": folder.name,
        "afterwards": "SEEN",
        "is_enabled": "on",
        "sends_replies": "on",
    }


def test_a_mailbox_is_entered_tested_and_read(as_owner: Client, asked: dict[str, Any], folder: Folder) -> None:
    folder.put(mail(1), at=timezone.now())
    assert as_owner.post(f"{ADDRESS}new/", asked).status_code == 302
    page = as_owner.get(ADDRESS).content.decode()
    assert 'hx-trigger="every 2s"' in page  # the test is on its way; no page connects to a mail server
    assert "Being tested" in page

    assert try_due(now=timezone.now()) == 1
    assert folder.seen() == 0  # a test changes nothing
    page = as_owner.get(ADDRESS).content.decode()
    assert "1 mails, 1 unread" in page
    assert "every 2s" not in page
    assert read_due(now=timezone.now()) == 1
    assert "Works" in as_owner.get(ADDRESS).content.decode()

    told = Entry.objects.filter(action__startswith="mailbox.")
    assert [one.action for one in told] == ["mailbox.added"]
    assert PASSWORD not in str([one.after for one in told]) + page
    assert PASSWORD not in as_owner.get(f"{ADDRESS}{Mailbox.objects.get().pk}/").content.decode()


def test_a_test_says_what_is_wrong_and_what_to_do(as_owner: Client, box: Mailbox) -> None:
    Mailbox.objects.update(folder="nowhere")
    as_owner.post(f"{ADDRESS}{box.pk}/test/")
    assert try_due(now=timezone.now()) == 1
    page = as_owner.get(ADDRESS).content.decode()
    assert "A folder does not exist or can&#x27;t be opened." in page
    assert "Check the spelling of the folders" in page


def test_a_stored_password_is_never_shown_to_another_server(
    as_owner: Client, box: Mailbox, asked: dict[str, Any]
) -> None:
    edit = f"{ADDRESS}{box.pk}/"
    elsewhere = asked | {"host": "imap.elsewhere.example", "password": ""}
    assert "Enter the password anew" in as_owner.post(edit, elsewhere).content.decode()
    assert Mailbox.objects.get().host == HOST
    assert as_owner.post(edit, asked | {"password": "", "name": "Desk"}).status_code == 302
    kept = Mailbox.objects.get()
    assert (kept.name, kept.open_secret("password")) == ("Desk", PASSWORD)


def test_another_folder_is_read_from_the_beginning(
    as_owner: Client,
    box: Mailbox,
    asked: dict[str, Any],
    folder: Folder,
    make_folder: Callable[[], Folder],
) -> None:
    folder.put(mail(1), at=timezone.now())
    assert read_due(now=timezone.now()) == 1
    other = make_folder()
    other.put(mail(2), at=timezone.now())
    other.put(mail(3), at=timezone.now(), is_seen=True)
    as_owner.post(f"{ADDRESS}{box.pk}/", asked | {"folder": other.name})
    assert read_due(now=timezone.now()) == 1


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ({"host": ""}, "Write the name of the mail server."),
        ({"host": "https://imap.example.com/"}, "Write the name of the mail server alone"),
        ({"password": ""}, "Enter the password of the mailbox."),
        ({"kind": "GRAPH"}, "Choose the connection"),
        ({"kind": "IMAP_TOKEN"}, "Choose the connection"),
        ({"afterwards": "MOVE"}, "Write the folder that mails are moved to."),
        ({"afterwards": "MOVE", "folder": "Inbox", "moved_to": "INBOX"}, "This is the folder that is read."),
    ],
)
def test_what_can_not_work_is_said_before_it_is_saved(
    as_owner: Client, asked: dict[str, Any], entered: dict[str, str], words: str
) -> None:
    assert words in as_owner.post(f"{ADDRESS}new/", asked | entered).content.decode()
    assert not Mailbox.objects.exists()


def test_a_paused_mailbox_is_not_read_and_its_alert_ends(as_owner: Client, box: Mailbox, folder: Folder) -> None:
    Mailbox.objects.update(folder="nowhere", due_at=timezone.now())
    read_due(now=timezone.now())
    assert Event.objects.get(kind="MAILBOX_BROKEN").closed_at is None
    as_owner.post(f"{ADDRESS}{box.pk}/pause/")
    assert Event.objects.get(kind="MAILBOX_BROKEN").closed_at is not None
    Mailbox.objects.update(folder=folder.name)
    folder.put(mail(1), at=timezone.now())
    assert read_due(now=timezone.now()) == 0
    as_owner.post(f"{ADDRESS}{box.pk}/pause/")
    assert read_due(now=timezone.now()) == 1
    assert as_owner.post(f"{ADDRESS}{box.pk}/delete/").status_code == 302
    assert not Mailbox.objects.exists()
