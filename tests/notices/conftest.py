"""What tests of notices share: a receiver of webhooks, a mail server, and who is told."""

import socket
from collections.abc import Callable, Iterator
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler

from csp_portal.notices.kinds import EventKind
from csp_portal.notices.models import Rule, Target
from csp_portal.notices.ways.webhook import new_signing_key
from tests.health.conftest import make_feeds
from tests.notices.times import NOW
from tests.receiver import Receiver

__all__ = ["make_feeds"]  # a fixture

MakeTarget = Callable[..., Target]


class Mailbox(MessageHandler):
    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Message] = []

    def handle_message(self, message: Message) -> None:
        self.mails.append(message)


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    """A real mail server that the portal sends through."""
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, ready_timeout=60)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield box
    controller.stop()


@pytest.fixture
def make_target(db: None, receiver: Receiver) -> MakeTarget:
    """A target of this way that our receiver, or another address, stands for."""

    def make(name: str = "Program", *, way: Target.Way = Target.Way.WEBHOOK, url: str = "", **more: Any) -> Target:
        target = Target(name=name, way=way, **more)
        if way != Target.Way.MAIL:
            target.seal_secret("url", url or f"{receiver.url}/{name}")
        if way == Target.Way.WEBHOOK:
            target.seal_secret("signing_key", new_signing_key())
        target.save()
        return target

    return make


@pytest.fixture
def make_rule(db: None) -> Callable[..., Rule]:
    def make(*targets: Target, name: str = "All", **more: Any) -> Rule:
        rule = Rule.objects.create(**{"name": name, "kinds": EventKind.values, "since_at": NOW, **more})
        rule.targets.set(targets)
        return rule

    return make
