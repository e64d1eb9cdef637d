"""Something of ours breaks at one mail: it waits, and the next ones are taken in."""

from contextlib import suppress
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from support.mail.taking_in import MOST_FILES, MOST_TRIES, TRIED_AGAIN, keep, take_in_due
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


def test_a_mail_that_breaks_whoever_looks_into_it_is_set_aside_at_last(
    queue: Queue, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    class Killed(BaseException):
        """As a process that ends, this is nothing that anybody catches."""

    def killed(pk: int, *, now: datetime) -> bool:
        tries.append(now)
        raise Killed

    monkeypatch.setattr("support.mail.taking_in.take_in", killed)
    kept = keep(letter("kim"), now=now)
    while (due_at := ReceivedMail.objects.get(pk=kept.pk).due_at) is not None:
        with suppress(Killed):
            take_in_due(now=due_at)
    assert len(tries) == MOST_TRIES and timedelta(days=1) < tries[-1] - tries[0] < timedelta(days=3)
    aside = ReceivedMail.objects.get(pk=kept.pk)
    assert (aside.state, aside.why) == (
        "QUARANTINED",
        "It was tried 12 times and could not be taken in. The original is kept.",
    )


def test_a_mail_of_very_many_parts_brings_only_so_many_files(queue: Queue, now: datetime) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "kim@contoso.example", "support@partner.example", "Parts"
    mail.set_content("Help")
    for number in range(MOST_FILES + 30):
        mail.add_attachment(b"one line", maintype="text", subtype="plain", filename=f"{number}.txt")
    keep(bytes(mail), now=now)
    take_in_due(now=now)
    ticket = Ticket.objects.get()
    assert ticket.entries.get(kind="MESSAGE").files.count() == MOST_FILES
    assert "30 more files: a mail may have 50." in ticket.entries.get(kind="NOTE").text
