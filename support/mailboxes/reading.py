"""Reads mailboxes that are due: each mail is kept with its hash in a commit of its own before the mailbox is told.

Dying anywhere in between loses and doubles nothing: what is not kept is found again, what is kept and not told is told.
"""

import random
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from csp_portal.notices.events import close_event, raise_event
from csp_portal.notices.kinds import EventKind, Severity
from support.mail.taking_in import keep, set_aside
from support.mailboxes.boxes import Box, BoxError, Fetched, Found, Problem
from support.mailboxes.opening import open_box
from support.mailboxes.problems import sentence_of
from support.models import Mailbox, MailPlace

EVERY = timedelta(minutes=1)
LEASE = timedelta(minutes=4)  # longer than a mailbox may stay open, and than Celery lets a task run
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=30)
BATCH = 50  # mails of a mailbox in one go
ROUNDS = 10  # of one task
TOLD_AFTER = 3  # failures in a row; what only a person can mend is told at once
STUCK = "The mailbox broke off several times while it gave this mail out. The mail is still there."


class _Overtaken(Exception):
    """Another worker has the mailbox: we slept past the lease."""


def read_due(*, now: datetime) -> int:
    """Read what is due; returns how many mails were kept."""
    kept = 0
    for _round in range(ROUNDS):
        mailbox = _take(now=now)
        if mailbox is None:
            break
        kept += read(mailbox, now=now)
    return kept


@transaction.atomic
def _take(*, now: datetime) -> Mailbox | None:
    rows = Mailbox.objects.select_for_update(skip_locked=True).filter(is_enabled=True, due_at__lte=now)
    mailbox = rows.order_by("due_at", "pk").first()
    if mailbox is not None:
        mailbox.due_at, mailbox.epoch = now + LEASE, mailbox.epoch + 1
        mailbox.save(update_fields=["due_at", "epoch"])
    return mailbox


def read(mailbox: Mailbox, *, now: datetime) -> int:
    """Read one mailbox that was taken; whatever happens is on its row afterwards."""
    before = mailbox.places.count()
    try:
        with open_box(mailbox) as box:
            has_more = _read(mailbox, box, now=now)
    except _Overtaken:
        pass
    except BoxError as error:
        _failed(mailbox, error, now=now)
    else:
        _succeeded(mailbox, due_at=now if has_more else now + EVERY, now=now)
    return mailbox.places.count() - before


def _read(mailbox: Mailbox, box: Box, *, now: datetime) -> bool:
    """Whether more is waiting there."""
    listing = box.look(now=now)
    if listing.start:
        _remember(mailbox, **listing.start)
    batch = listing.found[:BATCH]
    for found in batch:
        fetched = _fetch(mailbox, box, found, now=now)
        _keep(mailbox, found, fetched)
    untold = list(
        mailbox.places.filter(told_at__isnull=True).order_by("pk").values_list("place", flat=True)[: 2 * BATCH]
    )
    box.tell(untold)
    mailbox.places.filter(place__in=untold).update(told_at=now)
    return len(listing.found) > len(batch)


def _fetch(mailbox: Mailbox, box: Box, found: Found, *, now: datetime) -> Fetched | None:
    """The mail; one at which reading broke off again and again is passed over, so that the next is not held up."""
    if mailbox.stuck_at == found.place and mailbox.failures >= TOLD_AFTER:
        mailbox.stuck_at = ""
        return Fetched(raw=b"", arrived_at=now, size=0, why=STUCK)
    if mailbox.places.filter(place=found.place).exists():
        return None
    mailbox.stuck_at = found.place
    fetched = box.fetch(found.place, now=now)
    mailbox.stuck_at = ""
    return fetched


@transaction.atomic
def _keep(mailbox: Mailbox, found: Found, fetched: Fetched | None) -> None:
    """The bytes, where they lay, and how far the mailbox is read: all of it or nothing."""
    _remember(mailbox, **found.progress)
    if fetched is None:
        return
    if fetched.why:
        # Heads may be alike, and one that never came is empty: the place tells them apart.
        raw = f"X-Portal-Place: {mailbox.pk} {found.place}\r\n".encode() + fetched.raw
        mail = set_aside(raw, size=fetched.size, why=fetched.why, arrived_at=fetched.arrived_at)
    else:
        mail = keep(fetched.raw, now=fetched.arrived_at)
    MailPlace.objects.get_or_create(mailbox=mailbox, place=found.place, defaults={"mail": mail})


def _remember(mailbox: Mailbox, **facts: object) -> None:
    """Only for whoever drew the epoch."""
    mine = Mailbox.objects.filter(pk=mailbox.pk, epoch=mailbox.epoch)
    if not mine.update(epoch=F("epoch"), **facts):
        raise _Overtaken


@transaction.atomic
def _succeeded(mailbox: Mailbox, *, due_at: datetime, now: datetime) -> None:
    well: dict[str, object] = {"problem": "", "detail": "", "failures": 0, "failing_since": None, "stuck_at": ""}
    mine = Mailbox.objects.filter(pk=mailbox.pk, epoch=mailbox.epoch)
    if mine.update(due_at=due_at, last_success_at=now, **well):
        close_event(event_key(mailbox), now=now)


@transaction.atomic
def _failed(mailbox: Mailbox, error: BoxError, *, now: datetime) -> None:
    failures = min(mailbox.failures + 1, 1000)
    mine = Mailbox.objects.filter(pk=mailbox.pk, epoch=mailbox.epoch)
    is_mine = mine.update(
        # Where only telling fails, mails are taken in all the same and nobody has to wait for them.
        due_at=now + (EVERY if error.problem == Problem.TELLING else pause(failures, asked=error.retry_after)),
        problem=error.problem,
        detail=error.detail,
        failures=failures,
        failing_since=mailbox.failing_since or now,
        stuck_at=mailbox.stuck_at,
    )
    if is_mine and (error.needs_person or failures >= TOLD_AFTER) and error.problem != Problem.THROTTLED:
        facts = {
            "title": mailbox.name,
            "path": f"/settings/desk/mailboxes/{mailbox.pk}/",
            "problem": sentence_of(error.problem),
            "detail": error.detail,
        }
        key = event_key(mailbox)
        raise_event(EventKind.MAILBOX_BROKEN, key=key, severity=Severity.CRITICAL, facts=facts, now=now)


def event_key(mailbox: Mailbox) -> str:
    return f"mailbox:{mailbox.pk}"


def pause(failures: int, *, asked: float) -> timedelta:
    """Twice as long each time, a fifth more or less, and never shorter than the other side asked for."""
    jitter = random.uniform(0.8, 1.2)  # noqa: S311 - no secret
    wait: timedelta = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10))
    return max(wait * jitter, timedelta(seconds=asked))
