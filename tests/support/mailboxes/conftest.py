"""A mail server with a folder of its own for each test, and a mailbox of the desk that reads it."""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from ipaddress import ip_network
from typing import Any

import pytest

from support.models import Mailbox, Queue
from tests.support.mailboxes.imap_server import HOST, PASSWORD, USER, Folder, ImapServer


@pytest.fixture(scope="session")
def imap_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImapServer]:
    with ImapServer(state_dir=tmp_path_factory.mktemp("imap")) as server:
        yield server


@pytest.fixture
def imap(imap_server: ImapServer, settings: Any) -> ImapServer:
    settings.SUPPORT_FROM = "Support <help@partner.example>"
    settings.MAILBOX_NETWORKS = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    settings.MAILBOX_CA_FILE = imap_server.ca_file
    imap_server.at_command = lambda said: None
    return imap_server


@pytest.fixture
def make_folder(imap: ImapServer) -> Iterator[Callable[[], Folder]]:
    made: list[Folder] = []

    def make() -> Folder:
        made.append(imap.folder(f"Desk-{uuid.uuid4().hex}"))
        return made[-1]

    yield make
    for folder in made:
        folder.close()


@pytest.fixture
def folder(make_folder: Callable[[], Folder]) -> Folder:
    return make_folder()


@pytest.fixture
def box(imap: ImapServer, folder: Folder, queue: Queue, now: datetime) -> Mailbox:
    mailbox = Mailbox(
        name="Support",
        kind=Mailbox.Kind.IMAP,
        address=USER,
        queue=queue,
        is_enabled=True,
        host=HOST,
        port=imap.port,
        folder=folder.name,
        due_at=now,
    )
    mailbox.seal_secret("password", PASSWORD)
    mailbox.save()
    return mailbox
