"""Takes over the rows of started imports, each in a transaction of its own: who dies in between has done nothing."""

import logging
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from csp_portal.accounts.rights import Capability, may
from support.models import ImportedRow, Ticket, TicketImport
from support.moving.keeping import keep_brought
from support.moving.known import Known
from support.moving.letters import bring_mail
from support.moving.shapes import RowProblem, read_row

logger = logging.getLogger(__name__)
State = ImportedRow.State


def import_due(*, now: datetime, most: int = 500) -> int:
    """How many rows were looked at; several workers may be at one import."""
    done = 0
    for job in TicketImport.objects.filter(due_at__lte=now).order_by("due_at").select_related("person"):
        known = Known.to(job.person)
        with translation.override(job.person.language or "en"):
            while done < most and _next_row(job, known=known, now=now):
                done += 1
        if not job.rows.filter(state=State.PENDING).exists():
            TicketImport.objects.filter(pk=job.pk).update(due_at=None)
    return done


@transaction.atomic
def _next_row(job: TicketImport, *, known: Known, now: datetime) -> bool:
    rows = ImportedRow.objects.select_for_update(skip_locked=True, of=("self",)).order_by("place")
    waiting = rows.filter(job=job, state=State.PENDING, job__due_at__isnull=False)
    row = waiting.select_related("job", "mail").first()
    if row is None:
        return False
    try:
        with transaction.atomic():
            row.ticket, row.state, row.content = _bring(row, known=known, now=now), State.DONE, {}
            row.save()
    except RowProblem as problem:
        _refuse(row, str(problem))
    except IntegrityError:  # the same row of another file was quicker
        row.ticket, row.state, row.content = None, State.SAME, {}
        row.save()
    except Exception:  # whatever broke, nothing of the row was written, and the next one is not held up
        logger.exception("Row %s of import %s could not be taken over", row.place, job.pk)
        _refuse(row, _("Something of the portal broke at this row; the log says what. Import it again later."))
    return True


def _refuse(row: ImportedRow, problem: str) -> None:
    row.ticket, row.state, row.problem, row.content = None, State.REFUSED, problem[:400], {}
    row.save()


def _bring(row: ImportedRow, *, known: Known, now: datetime) -> Ticket:
    """The person's rights count as they are now."""
    job = row.job
    if not may(job.person, Capability.MANAGE_PORTAL):
        raise RowProblem(_("Who started the import may no longer import tickets."))
    if row.mail is not None:
        return bring_mail(row.mail, queue_id=job.queue_id, is_ended=job.mails_are_ended, now=now)
    return keep_brought(read_row(row.content, known=known, now=now), queue_id=job.queue_id, now=now)
