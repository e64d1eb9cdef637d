"""Hard mails: nothing is lost, nothing is doubled, and none holds up the next."""

import hashlib
from datetime import datetime

import pytest

from customers.models import Customer
from support.mail.taking_in import keep, take_in_due
from support.models import Entry, Queue, ReceivedMail, Ticket
from tests.support.mail.corpus import HARD, Hard

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def desk(settings: object, contoso: Customer, queue: Queue) -> None:
    settings.SUPPORT_FROM = "Support <support@partner.example>"  # type: ignore[attr-defined]


def test_there_are_at_least_sixty_and_no_two_are_the_same() -> None:
    assert len(HARD) >= 60
    assert len({hard.raw for hard in HARD}) == len({hard.what for hard in HARD}) == len(HARD)


@pytest.mark.parametrize("hard", HARD, ids=[hard.what for hard in HARD])
def test_a_hard_mail_becomes_what_it_is(hard: Hard, now: datetime) -> None:
    kept = keep(hard.raw, now=now)
    take_in_due(now=now)
    kept.refresh_from_db()
    assert kept.state == hard.state, kept.why
    assert bytes(kept.raw) == hard.raw
    assert kept.sha256 == hashlib.sha256(hard.raw).hexdigest()
    if hard.state != "TAKEN":
        assert kept.why
        assert not Ticket.objects.exists()
        return
    ticket = Ticket.objects.get()
    entry = ticket.entries.get(kind="MESSAGE")
    assert hard.says in entry.text
    assert "<script" not in entry.text
    if hard.subject is not None:
        assert ticket.subject == hard.subject
    names = {file.attachment.name for file in entry.files.all()}
    assert set(hard.files) <= names
    assert not any("/" in name for name in names)


def test_all_of_them_in_one_go_and_again(now: datetime) -> None:
    for _round in range(2):
        for hard in HARD:
            keep(hard.raw, now=now)
        while take_in_due(now=now):
            pass
    assert ReceivedMail.objects.count() == len(HARD)
    assert not ReceivedMail.objects.filter(state="KEPT").exists()
    assert Entry.objects.filter(kind="MESSAGE").count() == ReceivedMail.objects.filter(state="TAKEN").count()
