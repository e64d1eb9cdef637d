"""Mailboxes that are read through Microsoft Graph, as the sandbox plays it."""

from datetime import UTC, datetime, timedelta

import pytest

from csp_portal.microsoft.auth import TokenSource
from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.world import World
from csp_portal.notices.models import Event
from csp_portal.token_store import shared_token_store
from customers.connections import Access
from customers.models import Connection, Customer, StopSwitch
from support.mail.taking_in import LARGEST, take_in_due
from support.mailboxes.reading import read_due
from support.models import Mailbox, MailPlace, Queue, ReceivedMail, Ticket
from tests.support.mail.corpus import HARD
from tests.support.mailboxes.imap_server import HOST, Folder, ImapServer
from tests.support.mailboxes.test_imap import mail

pytestmark = pytest.mark.django_db
ADDRESS = "support@partner.example"
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    """Of this moment: the sandbox's tokens are."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def box(connection: Connection, sandbox_world: World, queue: Queue, contoso: Customer, now: datetime) -> Mailbox:
    sandbox_world.mail.box(ADDRESS)
    return Mailbox.objects.create(
        name="Support",
        kind="GRAPH",
        address=ADDRESS,
        queue=queue,
        connection=connection,
        is_enabled=True,
        due_at=now,
        folder="Inbox",
    )


def take_in(now: datetime) -> None:
    while take_in_due(now=now):
        pass


def test_exchange_online_is_read_by_imap_with_a_token_of_the_app(
    box: Mailbox, imap: ImapServer, folder: Folder, sandbox_world: World, now: datetime
) -> None:
    sandbox_world.mail.resources.add(f"https://{HOST}")
    access = Access(Connection.objects.get())
    source = TokenSource(access.credential, store=shared_token_store(), http=access.http)
    imap.token = source.app_token(access.credential.partner_tenant_id, scope=f"https://{HOST}/.default").value
    Mailbox.objects.update(kind="IMAP_TOKEN", host=HOST, port=imap.port, folder=folder.name)
    folder.put(mail(1), at=now)
    assert read_due(now=now) == 1, Mailbox.objects.values("problem", "detail")
    imap.token = "another"
    assert read_due(now=now + HOUR) == 0
    assert Mailbox.objects.get().problem == "LOGIN"


def test_the_whole_corpus_comes_through_once_byte_for_byte(box: Mailbox, sandbox_world: World, now: datetime) -> None:
    for number, hard in enumerate(HARD):
        sandbox_world.mail.deliver(ADDRESS, hard.raw, at=now - HOUR * (len(HARD) - number))
    assert read_due(now=now) == len(HARD)
    Mailbox.objects.update(due_at=now)
    assert read_due(now=now) == 0
    take_in(now)
    kept = {bytes(one.raw): one.state for one in ReceivedMail.objects.all()}
    assert kept == {hard.raw: hard.state for hard in HARD}
    assert all(one.is_read and one.folder == "inbox" for one in sandbox_world.mail.box(ADDRESS).mails)


def test_unread_mails_of_before_and_all_that_come_afterwards_are_read(
    box: Mailbox, sandbox_world: World, now: datetime
) -> None:
    sandbox_world.mail.deliver(ADDRESS, mail(1), at=now - HOUR, is_read=True)
    sandbox_world.mail.deliver(ADDRESS, mail(2), at=now - HOUR)
    assert read_due(now=now) == 1
    sandbox_world.mail.deliver(ADDRESS, mail(3), at=now + HOUR, is_read=True)
    assert read_due(now=now + HOUR) == 1
    assert {bytes(one.raw) for one in ReceivedMail.objects.all()} == {mail(2), mail(3)}


def test_what_was_kept_is_moved_and_a_stopped_portal_goes_on_keeping(
    box: Mailbox, sandbox_world: World, now: datetime
) -> None:
    Mailbox.objects.update(afterwards="MOVE", moved_to="Archive")
    first = sandbox_world.mail.deliver(ADDRESS, mail(1), at=now)
    assert read_due(now=now) == 1
    assert (first.folder, first.is_read) == ("archive", True)

    StopSwitch.objects.create(stopped_at=now, reason="drill")
    second = sandbox_world.mail.deliver(ADDRESS, mail(2), at=now)
    assert read_due(now=now + HOUR) == 1
    assert Mailbox.objects.get().problem == "TELLING"
    assert (second.folder, second.is_read) == ("inbox", False)
    assert MailPlace.objects.filter(told_at=None).count() == 1
    StopSwitch.objects.all().delete()
    assert read_due(now=now + 2 * HOUR) == 0
    assert (second.folder, Mailbox.objects.get().problem) == ("archive", "")


def test_what_is_too_large_is_shown_and_the_next_is_read(box: Mailbox, sandbox_world: World, now: datetime) -> None:
    sandbox_world.mail.deliver(ADDRESS, mail(1, words="x" * LARGEST), at=now - HOUR)
    sandbox_world.mail.deliver(ADDRESS, mail(2), at=now)
    assert read_due(now=now) == 2
    take_in(now)
    large = ReceivedMail.objects.get(state="QUARANTINED")
    assert (large.subject, large.sender) == ("Help 1", "kim@contoso.example")
    assert "larger than 25 MB" in large.why
    assert Ticket.objects.get().subject == "Help 2"


def test_microsofts_wish_to_wait_is_obeyed_and_wakes_nobody(
    box: Mailbox, sandbox: SandboxServer, sandbox_world: World, now: datetime
) -> None:
    sandbox_world.partner.tenant.throttled_for = 3000
    assert read_due(now=now) == 0
    mailbox = Mailbox.objects.get()
    assert mailbox.problem == "THROTTLED"
    assert mailbox.due_at - now >= timedelta(seconds=2900)
    assert not Event.objects.filter(kind="MAILBOX_BROKEN").exists()


@pytest.mark.parametrize("what", ["permission", "folder", "mailbox", "paused"])
def test_what_only_a_person_can_mend_is_told_at_once(
    box: Mailbox, sandbox_world: World, now: datetime, what: str
) -> None:
    if what == "permission":
        sandbox_world.partner.permissions.discard("Mail.ReadWrite")
    if what == "folder":
        Mailbox.objects.update(folder="nowhere")
    if what == "mailbox":
        Mailbox.objects.update(address="nobody@partner.example")
    if what == "paused":
        Connection.objects.update(is_paused=True)
    assert read_due(now=now) == 0
    problem = {"permission": "ACCESS", "folder": "FOLDER", "mailbox": "ACCESS", "paused": "CONNECTION"}[what]
    assert Mailbox.objects.get().problem == problem
    assert Event.objects.get(kind="MAILBOX_BROKEN").facts["problem"] == Mailbox.Problem(problem).label
