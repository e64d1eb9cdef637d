"""Tries out mailboxes that somebody asked to test: what is found is counted, and nothing is changed."""

from datetime import datetime, timedelta

from django.db import transaction

from support.mailboxes.boxes import BoxError
from support.mailboxes.opening import open_box
from support.models import Mailbox

LEASE = timedelta(minutes=4)
NO_RESULT: dict[str, object] = {
    "tested_at": None,
    "test_problem": "",
    "test_detail": "",
    "test_mails": None,
    "test_unread": None,
}


def ask_test(mailbox: Mailbox, *, now: datetime) -> None:
    Mailbox.objects.filter(pk=mailbox.pk).update(test_due_at=now, **NO_RESULT)


def try_due(*, now: datetime) -> int:
    """Try what is due; returns how many were tried."""
    tried = 0
    while (mailbox := _take(now=now)) is not None:
        _try(mailbox, now=now)
        tried += 1
    return tried


@transaction.atomic
def _take(*, now: datetime) -> Mailbox | None:
    rows = Mailbox.objects.select_for_update(skip_locked=True).filter(test_due_at__lte=now)
    mailbox = rows.order_by("test_due_at", "pk").first()
    if mailbox is not None:
        mailbox.test_due_at = now + LEASE
        mailbox.save(update_fields=["test_due_at"])
    return mailbox


def _try(mailbox: Mailbox, *, now: datetime) -> None:
    result: dict[str, object] = {**NO_RESULT, "tested_at": now, "test_due_at": None}
    try:
        with open_box(mailbox, reads_only=True) as box:
            counted = box.count()
        result |= {"test_mails": counted.mails, "test_unread": counted.unread}
    except BoxError as error:
        result |= {"test_problem": error.problem, "test_detail": error.detail}
    # Whoever asked again meanwhile gets the answer of that test.
    Mailbox.objects.filter(pk=mailbox.pk, test_due_at=mailbox.test_due_at).update(**result)
