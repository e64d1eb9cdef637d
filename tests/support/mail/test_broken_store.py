"""Something of ours breaks at one mail: it waits, and the next ones are taken in."""

from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from support.mail.taking_in import TRIED_AGAIN, keep, take_in_due
from support.models import Queue, ReceivedMail, Ticket

pytestmark = pytest.mark.django_db


def letter(name: str, *, has_file: bool = False) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"{name}@contoso.example", "support@partner.example", name
    mail["Message-ID"] = f"<{name}@contoso.example>"
    mail.set_content("Help")
    if has_file:
        mail.add_attachment(b"one line", maintype="text", subtype="plain", filename="log.txt")
    return bytes(mail)


def test_a_mail_whose_files_cannot_be_kept_waits_and_holds_up_nothing(
    queue: Queue, now: datetime, settings: Any, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.write_text("a file where a folder of files should be")
    settings.PORTAL_FILES_DIR = str(closed)
    broken, plain = (
        keep(letter("kim", has_file=True), now=now),
        keep(letter("lee"), now=now),
    )
    take_in_due(now=now)
    assert ReceivedMail.objects.get(pk=plain.pk).state == "TAKEN"
    waiting = ReceivedMail.objects.get(pk=broken.pk)
    assert (waiting.state, waiting.due_at) == ("KEPT", now + TRIED_AGAIN)

    settings.PORTAL_FILES_DIR = str(tmp_path / "open")
    take_in_due(now=now + TRIED_AGAIN)
    assert Ticket.objects.get(subject="kim").entries.get().files.count() == 1
