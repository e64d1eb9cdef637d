"""What tests of notices share: customers with contacts, hit by an issue; runs about it; and a real mail server."""

import asyncio
import itertools
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.db.models import F
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from customers.models import Contact, Customer
from health.models import Issue, Notice, NoticeRun
from health.notice_runs.drafts import draft_from_issue
from health.notice_runs.sending import send_due_notices
from health.notice_runs.steps import approve, ask
from tests.rights.conftest import make_connection, make_customer, make_issue

NAMES = ("Adatum", "Bellows", "Contoso", "Duwamish", "Elmwood", "Fabrikam")


class Mailbox:
    """A mail server's handler: what it took, and hooks that a test hangs into its answers."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str, Message]] = []  # envelope sender, recipient, mail
        self.at_recipient: Callable[[str], str] = lambda address: "250 OK"
        self.at_end: Callable[[str], str] = lambda address: "250 OK queued"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        answer = await asyncio.to_thread(self.at_recipient, address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.at_end(envelope.rcpt_tos[0])  # here: a handler that waits is ended when the connection is lost
        if answer.startswith("250") or answer.startswith("kept"):
            mail = message_from_bytes(envelope.content)
            self.mails.append((envelope.mail_from, envelope.rcpt_tos[0], mail))
        return answer.removeprefix("kept ")

    @property
    def recipients(self) -> list[str]:
        return sorted(recipient for _, recipient, _ in self.mails)


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    handler = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port, ready_timeout=60)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_TIMEOUT = 60
    yield handler
    controller.stop()


@pytest.fixture
def hit(db: None) -> list[Customer]:
    """Six customers with a contact each."""
    connection = make_connection()
    customers = [make_customer(name, connection=connection) for name in NAMES]
    for customer in customers:
        address = f"it@{customer.domain}"
        Contact.objects.create(customer=customer, name=f"IT of {customer.name}", address=address, wants=["INCIDENTS"])
    return customers


@pytest.fixture
def issue(hit: list[Customer]) -> Issue:
    issue = make_issue("EX1", hits=hit)
    issue.posts.update(html="Title: Mail is late<br/>Current status: We roll back.<br/>Next update by: soon")
    return issue


_numbers = itertools.count()


def make_agent() -> User:
    number = next(_numbers)
    role = Role.SUPPORT_AGENT
    return User.objects.create_local(f"agent{number}@partner.example", name=f"Agent {number}", role=role, password="x")


@pytest.fixture
def author(db: None) -> User:
    return make_agent()


@pytest.fixture
def approver(db: None) -> User:
    return make_agent()


@pytest.fixture
def draft(issue: Issue, author: User) -> NoticeRun:
    return draft_from_issue(issue, by=author, now=timezone.now())


def go_ahead(run: NoticeRun, *, approver: User) -> NoticeRun:
    """Asked for by its author and approved by somebody else."""
    ask(run, edition=run.edition, by=run.author, now=timezone.now())
    approve(run, edition=run.edition, contacts=10_000, by=approver, now=timezone.now())
    run.refresh_from_db()
    return run


@pytest.fixture
def approved(draft: NoticeRun, approver: User) -> NoticeRun:
    return go_ahead(draft, approver=approver)


def send() -> int:
    return send_due_notices(now=timezone.now())


def let_pass(time: timedelta) -> None:
    """So much time goes by for every notice."""
    Notice.objects.update(due_at=F("due_at") - time, taken_at=F("taken_at") - time)


def states_of(run: NoticeRun) -> dict[str, str]:
    """Address → what became of its notice."""
    return dict(run.notices.values_list("address", "state"))
