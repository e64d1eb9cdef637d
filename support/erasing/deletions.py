"""Deletes a customer with everything about it, a few rows at a time; whoever dies in between, another goes on."""

import json
import logging
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Model, TextField
from django.db.models.deletion import ProtectedError
from django.db.models.functions import Cast, Now

from csp_portal.accounts.models import KeptAnswer, User
from csp_portal.attachments import store
from csp_portal.attachments.models import Attachment
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.audit.models import Entry as AuditEntry
from csp_portal.notices.models import Delivery
from customers.models import Customer
from support.erasing import files
from support.erasing.reach import OF_ONE_ALONE, Found, Subject, addresses_of, rows_about
from support.models import DataDeletion, DataExport, EntryFile, Escalation, ImportedRow

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)  # longer than one step; each step renews it
LATER = timedelta(minutes=1)
AT_ONCE = 200
MOST_FAILURES = 6


class Lost(Exception):
    """Another worker has taken the deletion meanwhile."""


def deletable(customer: Customer) -> Found:
    """What would go: everything about the customer but the audit, which is only ever added to."""
    return {model: keys for model, keys in rows_about(Subject(customer=customer)).items() if model is not AuditEntry}


@transaction.atomic
def ask(customer: Customer, *, by: User, now: datetime) -> DataDeletion:
    """Write down that the customer is to go; asking again while it goes changes nothing."""
    Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    open_one = DataDeletion.objects.filter(tenant_id=customer.tenant_id, ended_at=None).first()
    if open_one is not None:
        DataDeletion.objects.filter(pk=open_one.pk, due_at=None).update(due_at=now, failures=0)
        return open_one
    rows = sum(map(len, deletable(customer).values()))
    deletion = DataDeletion.objects.create(
        tenant_id=customer.tenant_id, asked_by=by, asked_at=now, due_at=now, rows=rows
    )
    record(
        Action.CUSTOMER_DATA_DELETION_ASKED,
        by=by,
        about=deletion,
        customer=customer.tenant_id,
        after={"rows": rows},
    )
    return deletion


def delete_due(*, now: datetime) -> int:
    """Carry out one deletion that is due, if any; returns how many came to their end."""
    deletion = _claim()
    if deletion is None:
        return 0
    if _is_filing(deletion):
        DataDeletion.objects.filter(pk=deletion.pk, epoch=deletion.epoch).update(due_at=Now() + LATER)
        return 0
    try:
        for _step in steps(deletion):
            pass
    except Lost:
        return 0
    except (ProtectedError, DatabaseError, OSError) as error:
        logger.exception("Deletion %s did not come to its end.", deletion.pk)
        _fail(deletion, error, now=now)
        return 0
    return 1


def _is_filing(deletion: DataDeletion) -> bool:
    """What is on its way to Microsoft is waited for: else there would be a request there of which nobody knows."""
    filing = Escalation.objects.filter(state__in=Escalation.IN_WORK)
    return filing.filter(ticket__customer__tenant_id=deletion.tenant_id).exists()


def steps(deletion: DataDeletion) -> Iterator[None]:
    """Each step is a transaction that counts what it deleted; the customer itself goes last, so that all is found."""
    customer = Customer.objects.filter(tenant_id=deletion.tenant_id).first()
    if customer is not None:
        _forget_copies(customer)
        found = deletable(customer)
        for model in _in_order(found):
            for start in range(0, len(found[model]), AT_ONCE):
                _delete(deletion, model, found[model][start : start + AT_ONCE])
                yield
    _end(deletion)


def _in_order(found: Found) -> list[type[Model]]:
    """What is found by way of others goes before those; then what points at others before what it points at."""
    first = [*OF_ONE_ALONE, EntryFile]
    return [model for model in first if model in found] + [model for model in reversed(found) if model not in first]


@transaction.atomic
def _claim() -> DataDeletion | None:
    rows = DataDeletion.objects.select_for_update(skip_locked=True, of=("self",))
    deletion = rows.filter(ended_at=None, due_at__lte=Now()).order_by("due_at", "pk").first()
    if deletion is None:
        return None
    deletion.epoch += 1
    DataDeletion.objects.filter(pk=deletion.pk).update(due_at=Now() + LEASE, epoch=deletion.epoch)
    return deletion


@transaction.atomic
def _delete(deletion: DataDeletion, model: type[Model], keys: list[Any]) -> None:
    row = _mine(deletion)
    rows, counts = model._default_manager.filter(pk__in=keys), Counter[str]()
    bytes_of = _bytes_of(model, keys)
    if model is EntryFile:
        attachments = list(EntryFile.objects.filter(pk__in=keys).values_list("attachment_id", flat=True))
        counts.update(rows.delete()[1])
        rows = Attachment.objects.filter(pk__in=attachments)
    counts.update(rows.delete()[1])
    row.deleted = dict(Counter(row.deleted) + counts)
    DataDeletion.objects.filter(pk=row.pk).update(deleted=row.deleted, due_at=Now() + LEASE)
    transaction.on_commit(partial(_throw_away, model, bytes_of))


def _mine(deletion: DataDeletion) -> DataDeletion:
    """The row, locked until the step ends, so that no second worker can step in between."""
    rows = DataDeletion.objects.select_for_update(of=("self",))
    row = rows.filter(pk=deletion.pk, epoch=deletion.epoch, ended_at=None).first()
    if row is None:
        raise Lost
    return row


def _bytes_of(model: type[Model], keys: list[Any]) -> list[str]:
    if model is EntryFile:
        return list(Attachment.objects.filter(entry_file__in=keys).values_list("key", flat=True))
    if model in {Attachment, DataExport}:
        return list(model._default_manager.filter(pk__in=keys).values_list("key", flat=True))
    return []


def _throw_away(model: type[Model], keys: list[str]) -> None:
    """After the rows are gone for good; what a dying worker leaves here is swept as files without a row."""
    for key in filter(None, keys):
        (files.throw_away if model is DataExport else store.delete)(key)


def _forget_copies(customer: Customer) -> None:
    """What repeats its words without pointing at it: answers kept for a day, digests sent, imports not carried out."""
    KeptAnswer.objects.filter(body__contains=str(customer.tenant_id)).delete()
    told = Delivery.objects.filter(event=None).exclude(state=Delivery.State.WAITING)
    told.annotate(said=Cast("content", TextField())).filter(said__regex=_by_itself(customer.name)).delete()
    _forget_imports(customer)


def _forget_imports(customer: Customer) -> None:
    """Rows that became no ticket: by a cell that is its name, or by what is its own anywhere in them."""
    own = {customer.domain, customer.initial_domain, str(customer.tenant_id), *addresses_of(customer)}
    rows = ImportedRow.objects.filter(ticket=None).annotate(said=Cast("content", TextField()))
    rows.filter(said__icontains=_as_json(customer.name)).delete()
    for words in filter(None, own):
        rows.filter(said__iregex=_by_itself(words)).delete()


def _by_itself(words: str) -> str:
    """A pattern for it as JSON writes it, and not as a part of a longer name, domain or address."""
    before = r"[\w.+%-]" if "@" in words else r"[\w-]"
    return rf"(?<!{before}){re.escape(_as_json(words)[1:-1])}(?![\w-]|\.\w)"


def _as_json(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)


@transaction.atomic
def _end(deletion: DataDeletion) -> None:
    row = _mine(deletion)
    DataDeletion.objects.filter(pk=row.pk).update(ended_at=Now(), due_at=None, problem="")
    record(
        Action.CUSTOMER_DATA_DELETED,
        by=row.asked_by,
        about=row,
        customer=row.tenant_id,
        after={"deleted": row.deleted, "rows": row.rows_deleted},
    )


def _fail(deletion: DataDeletion, error: Exception, *, now: datetime) -> None:
    """Of the error only its kind is kept: its words may name what is being deleted."""
    failures = deletion.failures + 1
    due_at = None if failures >= MOST_FAILURES else now + timedelta(minutes=failures)
    mine = DataDeletion.objects.filter(pk=deletion.pk, epoch=deletion.epoch, ended_at=None)
    mine.update(failures=failures, due_at=due_at, problem=type(error).__name__)
