"""A worker killed while it reads a mailbox: the mails are kept once, whenever it dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as live
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from customers.models import Customer
from support.mail.taking_in import take_in_due
from support.mailboxes.reading import BATCH, read_due
from support.models import Entry, Mailbox, MailPlace, Queue, ReceivedMail
from tests.support.mail.corpus import HARD
from tests.support.mailboxes.imap_server import HOST, PASSWORD, USER, Folder, ImapServer

ROOT = Path(__file__).resolve().parents[3]
WORK = (
    "import sys, django; django.setup(); from django.db import connection as c; c.settings_dict['NAME'] = sys.argv[1];"
    "from support.tasks import read_mailboxes; read_mailboxes()"
)
WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'support_receivedmail'::regclass"
PATIENCE = 240
_UUID = "00000000-0000-0000-0000-000000000001"
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def filled(imap: ImapServer, folder: Folder) -> Folder:
    """The corpus, an hour between mails; the rows of the database are made again after each test of this kind."""
    Customer.objects.create(cloud="global", name="Contoso", domain="contoso.example", source="FILE", tenant_id=_UUID)
    queue = Queue.objects.get_or_create(name="Support")[0]
    mailbox = Mailbox(name="Support", address=USER, queue=queue, is_enabled=True, due_at=timezone.now())
    mailbox.host, mailbox.port, mailbox.folder = HOST, imap.port, folder.name
    mailbox.seal_secret("password", PASSWORD)
    mailbox.save()
    for number, hard in enumerate(HARD):
        folder.put(hard.raw, at=timezone.now() - timedelta(hours=len(HARD) - number))
    return folder


def start_worker(imap: ImapServer) -> "subprocess.Popen[bytes]":
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "csp_portal.settings",
        "MAILBOX_NETWORKS": "127.0.0.0/8,::1/128",
        "MAILBOX_CA_FILE": str(live.MAILBOX_CA_FILE),
    }
    return subprocess.Popen([sys.executable, "-c", WORK, connection.settings_dict["NAME"]], cwd=ROOT, env=env)


def wait_until_somebody_waits(cursor: CursorWrapper) -> None:
    ends_at = time.monotonic() + PATIENCE
    while time.monotonic() < ends_at:
        cursor.execute(WAITS)
        if cursor.fetchone()[0]:
            return
        time.sleep(0.05)
    raise TimeoutError("The worker did not come to the row.")


def all_is_there_once(folder: Folder) -> None:
    """After the dead worker's lease another one reads on."""
    later = timezone.now() + timedelta(minutes=10)
    read_due(now=later)
    while take_in_due(now=later):
        pass
    assert ReceivedMail.objects.count() == MailPlace.objects.count() == len(HARD)
    kept = dict(ReceivedMail.objects.values_list("sha256", "state"))
    assert sorted(kept.values()) == sorted(hard.state for hard in HARD)
    assert Entry.objects.filter(kind="MESSAGE").count() == sum(hard.state == "TAKEN" for hard in HARD)
    assert folder.seen() == len(folder) == len(HARD)
    assert Mailbox.objects.get().problem == ""


def test_between_fetch_and_commit(imap: ImapServer, filled: Folder) -> None:
    """The row of a mail that was fetched waits for a lock that we hold, and the worker dies waiting."""
    fetched: list[bytes] = []
    is_halfway, may_go_on = threading.Event(), threading.Event()

    def halt(said: bytes) -> None:
        if b"BODY.PEEK" in said:
            fetched.append(said)
            if len(fetched) == BATCH // 2:
                is_halfway.set()
                may_go_on.wait(PATIENCE)

    imap.at_command = halt
    worker = start_worker(imap)
    assert is_halfway.wait(PATIENCE)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE support_receivedmail IN SHARE ROW EXCLUSIVE MODE")
        may_go_on.set()
        wait_until_somebody_waits(cursor)
        worker.kill()
        worker.wait()
    assert ReceivedMail.objects.count() == BATCH // 2 - 1
    all_is_there_once(filled)


def test_between_commit_and_telling_the_mailbox(imap: ImapServer, filled: Folder) -> None:
    """The command that marks the mails as read never reaches the mail server."""
    worker: list[subprocess.Popen[bytes]] = []

    def kill(said: bytes) -> None:
        if b" STORE " in said and worker[0].poll() is None:
            os.kill(worker[0].pid, signal.SIGKILL)
            worker[0].wait()
            raise OSError

    imap.at_command = kill
    worker.append(start_worker(imap))
    assert worker[0].wait(timeout=PATIENCE) == -signal.SIGKILL
    assert ReceivedMail.objects.count() == MailPlace.objects.count() == BATCH
    assert filled.seen() == 0
    all_is_there_once(filled)
