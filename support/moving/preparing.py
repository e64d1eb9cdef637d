"""Keeps a file of another desk row by row, each looked at: what can be taken over waits, what can't says why."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.attachments.names import plain_name
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from support.models import ImportedRow, Queue, TicketImport
from support.moving.known import Known
from support.moving.letters import keep_mail
from support.moving.reading import LONGEST_ID, RawRow, mails_of, rows_of, shape_of
from support.moving.shapes import RowProblem, read_row

State = ImportedRow.State
BATCH = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A file, and what is said of all that is in it."""

    content: bytes
    name: str
    source: str
    queue: Queue
    mails_are_ended: bool = True


@transaction.atomic
def prepare(asked: Asked, *, by: User, now: datetime) -> TicketImport:
    """FileProblem where nothing of the file can be used; nothing becomes a ticket before it is started."""
    shape = shape_of(asked.content, name=asked.name)
    job = TicketImport.objects.create(
        person=by,
        file_name=plain_name(asked.name),
        shape=shape,
        source=asked.source,
        queue=asked.queue,
        mails_are_ended=asked.mails_are_ended,
        made_at=now,
    )
    rows = _mails(job, asked.content, now=now) if shape == TicketImport.Shape.MBOX else _rows(job, asked.content, now)
    ImportedRow.objects.bulk_create(rows, batch_size=BATCH)
    after = {"file": job.file_name, "source": job.source, "rows": len(rows)}
    record(Action.TICKETS_IMPORTED, by=by, about=job, after=after)
    return job


@transaction.atomic
def start(job: TicketImport, *, now: datetime) -> None:
    """Begin, or go on where it was stopped."""
    TicketImport.objects.filter(pk=job.pk, started_at__isnull=True).update(started_at=now)
    TicketImport.objects.filter(pk=job.pk).update(due_at=now, stopped_at=None)


def stop(job: TicketImport, *, now: datetime) -> None:
    """Nothing more of it is begun; what is taken over stays."""
    TicketImport.objects.filter(pk=job.pk, due_at__isnull=False).update(due_at=None, stopped_at=now)


def _rows(job: TicketImport, content: bytes, now: datetime) -> list[ImportedRow]:
    raws = rows_of(content, shape=TicketImport.Shape(job.shape))
    known, times = Known.to(job.person), Counter(raw.external_id for raw in raws)
    here = _here_already(job.source, [raw.external_id for raw in raws])
    rows = []
    for raw in raws:
        problem = _problem(raw, times=times[raw.external_id], known=known, now=now)
        state = State.REFUSED if problem else State.SAME if raw.external_id in here else State.PENDING
        content_kept: dict[str, Any] = dict(raw.cells) if state == State.PENDING else {}
        rows.append(
            ImportedRow(
                job=job,
                place=raw.place,
                source=job.source,
                external_id=raw.external_id[:LONGEST_ID],
                content=content_kept,
                state=state,
                problem=problem[:400],
            )
        )
    return rows


def _problem(raw: RawRow, *, times: int, known: Known, now: datetime) -> str:
    if not raw.external_id or len(raw.external_id) > LONGEST_ID:
        return _("The id is missing or too long. It is what keeps the ticket from coming twice.")
    if times > 1:
        return _("The id %(id)s stands in several rows. Keep one of them.") % {"id": raw.external_id}
    try:
        read_row(raw.cells, known=known, now=now)
    except RowProblem as problem:
        return str(problem)
    return ""


def _mails(job: TicketImport, content: bytes, *, now: datetime) -> list[ImportedRow]:
    """The oldest first, so that an answer finds what it answers."""
    kept = [keep_mail(raw, now=now) for raw in mails_of(content)]
    here = _here_already(job.source, [mail.sha256 for mail, _at in kept])
    rows, seen = [], set()
    for place, (mail, _at) in enumerate(sorted(kept, key=lambda one: one[1]), start=1):
        is_here = mail.sha256 in here or mail.sha256 in seen or mail.state != mail.State.KEPT
        seen.add(mail.sha256)
        state = State.SAME if is_here else State.PENDING
        facts = {"place": place, "source": job.source, "external_id": mail.sha256, "state": state}
        rows.append(ImportedRow(job=job, mail=mail, **facts))
    return rows


def _here_already(source: str, ids: list[str]) -> set[str]:
    done = ImportedRow.objects.filter(source=source, state=State.DONE, external_id__in=ids)
    return set(done.values_list("external_id", flat=True))
