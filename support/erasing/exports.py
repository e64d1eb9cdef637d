"""Makes the exports that are due, and throws them away a week later; dying in the middle is beginning again."""

import logging
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import F
from django.db.models.functions import Now

from csp_portal.accounts.models import User
from csp_portal.attachments.models import random_key
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.models import Customer
from support.erasing import files
from support.erasing.reach import Found, Subject, rows_about
from support.erasing.writing import write_export
from support.models import DataExport

logger = logging.getLogger(__name__)
KEPT = timedelta(days=7)
LEASE = timedelta(minutes=5)  # longer than one step of the writing; each step renews it
FORGOTTEN_AFTER = timedelta(days=1)
MOST_FAILURES = 3


class Lost(Exception):
    """Another worker has taken the export meanwhile, or it was deleted."""


@dataclass(kw_only=True)
class Progress:
    """Renews the lease with every step, and ends the work where the row is no longer ours."""

    export: DataExport

    def __call__(self, rows: int) -> None:
        mine = DataExport.objects.filter(pk=self.export.pk, epoch=self.export.epoch, made_at=None)
        if not mine.update(rows_done=F("rows_done") + rows, due_at=Now() + LEASE):
            raise Lost


@transaction.atomic
def ask(customer: Customer, *, address: str, by: User, now: datetime) -> DataExport:
    """Write down that everything is wanted; the same that is still being made is not made twice."""
    Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    wanted = DataExport.objects.filter(customer=customer, person_address=address)
    running = wanted.filter(made_at=None, due_at__isnull=False).first()
    if running is not None:
        return running
    export = DataExport.objects.create(customer=customer, person_address=address, asked_by=by, asked_at=now, due_at=now)
    after = {"of": "person" if address else "customer"}  # the address itself would outlive its deletion here
    record(Action.CUSTOMER_DATA_ASKED, by=by, about=export, customer=customer.tenant_id, after=after)
    return export


def make_due(*, now: datetime) -> int:
    """Make one export that is due, if any; returns how many were made."""
    _throw_away_old(now=now)
    export = _claim()
    if export is None:
        return 0
    try:
        _make(export)
    except Lost:
        return 0
    except (OSError, ValueError, DatabaseError) as error:
        logger.exception("Export %s was not made.", export.pk)
        _fail(export, error, now=now)
        return 0
    return 1


@transaction.atomic
def _claim() -> DataExport | None:
    rows = DataExport.objects.select_for_update(skip_locked=True, of=("self",)).select_related("customer")
    export = rows.filter(made_at=None, due_at__lte=Now()).order_by("due_at", "pk").first()
    if export is None:
        return None
    export.epoch += 1
    DataExport.objects.filter(pk=export.pk).update(due_at=Now() + LEASE, epoch=export.epoch, rows_done=0)
    return export


def _make(export: DataExport) -> None:
    found = exported(Subject(customer=export.customer, address=export.person_address))
    rows, key = sum(map(len, found.values())), random_key()
    DataExport.objects.filter(pk=export.pk, epoch=export.epoch).update(rows=rows)
    with tempfile.TemporaryFile() as archive:  # nameless: it goes with the worker
        write_export(archive, export=export, found=found, tell=Progress(export=export))
        archive.seek(0)
        size, sha256 = files.keep(key, archive)
    mine = DataExport.objects.filter(pk=export.pk, epoch=export.epoch, made_at=None)
    made = {"key": key, "size": size, "sha256": sha256, "rows_done": rows, "problem": ""}
    if not mine.update(made_at=Now(), due_at=Now() + KEPT, **made):
        files.throw_away(key)
        raise Lost


def exported(subject: Subject) -> Found:
    """What is about the subject, without the exports themselves."""
    return {model: keys for model, keys in rows_about(subject).items() if model is not DataExport}


def _fail(export: DataExport, error: Exception, *, now: datetime) -> None:
    failures = export.failures + 1
    due_at = None if failures >= MOST_FAILURES else now + timedelta(minutes=failures)
    mine = DataExport.objects.filter(pk=export.pk, epoch=export.epoch)
    mine.update(failures=failures, due_at=due_at, problem=f"{type(error).__name__}: {error}"[:300])


def _throw_away_old(*, now: datetime) -> None:
    """Exports whose week is over, and files that no row knows: their worker died, or their customer was deleted."""
    for export in DataExport.objects.filter(made_at__isnull=False, due_at__lte=now):
        export.delete()
        files.throw_away(export.key)
    old = set(files.keys_older_than(FORGOTTEN_AFTER.total_seconds()))
    for key in old - set(DataExport.objects.filter(key__in=old).values_list("key", flat=True)) if old else ():
        files.throw_away(key)
