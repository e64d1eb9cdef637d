"""Scans what is due and clears away what was removed; dying in the middle is being due again."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from csp_portal.attachments import store
from csp_portal.attachments.clamd import ScanError, scan
from csp_portal.attachments.models import KEPT_AFTER_REMOVAL, Attachment
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)  # longer than one scan may take
FAILURES_UNTIL_UNSCANNED = 5
PAUSE, LONG_PAUSE = timedelta(seconds=30), timedelta(hours=1)
_TAKE = """
UPDATE attachments_attachment SET due_at = clock_timestamp() + %(lease)s::interval, epoch = epoch + 1
WHERE id IN (
    SELECT id FROM attachments_attachment WHERE due_at <= clock_timestamp()
    ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
) RETURNING id, epoch
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    attachment_id: int
    epoch: int


def claim_due(*, most: int) -> list[Claim]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE, {"lease": str(LEASE), "most": most})
        return [Claim(attachment_id=row[0], epoch=row[1]) for row in cursor.fetchall()]


def scan_claimed(claim: Claim, *, now: datetime) -> None:
    """Ask the scanner, outside of any transaction, and write what it said where the row is still ours."""
    attachment = Attachment.objects.filter(pk=claim.attachment_id).first()
    if attachment is None:  # cleared away in the meantime
        return
    if not settings.CLAMD_ADDRESS:
        _finish(claim, state=Attachment.State.UNSCANNED, due_at=now + LONG_PAUSE)
        return
    try:
        with store.read(attachment.key) as content:
            verdict = scan(content, address=settings.CLAMD_ADDRESS)
    except (ScanError, OSError) as error:
        _fail(claim, attachment, reason=str(error), now=now)
        return
    state = Attachment.State.INFECTED if verdict.virus else Attachment.State.CLEAN
    _finish(claim, state=state, virus=verdict.virus, due_at=None)


def _fail(claim: Claim, attachment: Attachment, *, reason: str, now: datetime) -> None:
    """Tried again soon at first; then it counts as not scanned and is tried every hour."""
    failures = attachment.failures + 1
    is_over = failures >= FAILURES_UNTIL_UNSCANNED
    state = Attachment.State.UNSCANNED if is_over else Attachment.State(attachment.state)
    due_at = now + (LONG_PAUSE if is_over else PAUSE)
    logger.warning("%s was not scanned. %s Tried again at %s.", attachment.key, reason, due_at.isoformat())
    _finish(claim, state=state, due_at=due_at, failures=min(failures, FAILURES_UNTIL_UNSCANNED))


def _finish(
    claim: Claim, *, state: Attachment.State, due_at: datetime | None, virus: str = "", failures: int = 0
) -> None:
    with transaction.atomic():
        row = Attachment.objects.select_for_update(of=("self",)).select_related("customer")
        attachment = row.filter(pk=claim.attachment_id, epoch=claim.epoch).first()
        if attachment is None:  # taken by another worker in the meantime, or cleared away
            return
        before = attachment.state
        attachment.state, attachment.virus = state, virus[:200]
        attachment.due_at, attachment.failures = due_at, failures
        attachment.save(update_fields=["state", "virus", "due_at", "failures"])
        if state == Attachment.State.INFECTED != before:
            tenant_id = getattr(attachment.customer, "tenant_id", None)
            record(Action.FILE_INFECTED, by=None, about=attachment, customer=tenant_id, after={"virus": virus})


def clear_away(*, now: datetime) -> None:
    """Bytes of what was removed long ago go with their row, and bytes without a row go too."""
    for attachment in Attachment.objects.filter(removed_at__lt=now - KEPT_AFTER_REMOVAL):
        attachment.delete()
        store.delete(attachment.key)
    old = list(store.keys_older_than(timedelta(days=1).total_seconds()))
    known = set(Attachment.objects.filter(key__in=old).values_list("key", flat=True))
    for key in set(old) - known:
        store.delete(key)
