"""Reads what mail servers send back later (RFC 3464): which notice it is about, and whether the mailbox is gone."""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import Message

from django.db import transaction

from health.models import Notice
from health.notice_runs.mails import notice_of_mark
from health.notice_runs.sending import tell_of_bounce

_MARK = r"(\d{1,18}\.[0-9a-f]{20})"
_OUR_ID = re.compile(rf"<notice\.{_MARK}@")
_OUR_SENDER = re.compile(rf"\+{_MARK}@")


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a mail server says of one of our notices."""

    notice: int
    reason: str
    is_of_mailbox: bool  # gone for good: neither a full mailbox nor a dislike of us


def read_bounce(raw: bytes) -> Report | None:
    """None for a mail that tells of no final failure, or of none of our notices."""
    mail = email.message_from_bytes(raw)  # with the default policy, Python's parser fails on bad mail
    status = next((block for block in _blocks_of(mail) if _field(block, "Action").lower() == "failed"), None)
    notice = _notice_of(mail, raw)
    if status is None or notice is None:
        return None
    code, detail = _field(status, "Status"), _field(status, "Diagnostic-Code")
    return Report(
        notice=notice,
        reason=" ".join(f"{code} {detail}".split())[:300],
        is_of_mailbox=code.startswith("5.") and not code.startswith(("5.2.2", "5.7.")),
    )


@transaction.atomic
def store_bounce(report: Report, *, now: datetime) -> bool:
    """Keep it at the notice and the contact; False where the notice was never sent, or it is known already."""
    sent = (Notice.State.SENT, Notice.State.UNCERTAIN)
    notice = Notice.objects.select_for_update(of=("self",)).filter(pk=report.notice, state__in=sent).first()
    if notice is None:
        return False
    notice.state, notice.answer = Notice.State.BOUNCED, report.reason
    notice.save(update_fields=["state", "answer"])
    if report.is_of_mailbox:
        tell_of_bounce(notice, reason=report.reason, now=now)
    return True


def _notice_of(mail: Message, raw: bytes) -> int | None:
    """By the address that the report came to, which only we can have made; else by the Message-ID of what came back."""
    addresses = " ".join(str(mail.get(name, "")) for name in ("To", "Delivered-To", "X-Original-To"))
    marks = [*_OUR_SENDER.findall(addresses), *_OUR_ID.findall(raw.decode(errors="replace"))]
    return next((notice for mark in marks if (notice := notice_of_mark(mark)) is not None), None)


def _blocks_of(mail: Message) -> Iterator[Message]:
    """The blocks of fields in the parts that tell of the delivery, one for each recipient."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            yield from (block for block in blocks if isinstance(block, Message)) if isinstance(blocks, list) else ()


def _field(block: Message, name: str) -> str:
    return str(block.get(name, "")).replace("\x00", "").strip()
