"""Writes the audit: one entry for one act, in the act's own transaction, or neither of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, models, transaction

from csp_portal.audit.actions import Action
from csp_portal.audit.chain import START, document_of, hash_of
from csp_portal.audit.models import Entry
from csp_portal.audit.origin import current_origin

_LOCK = 0x41554449  # "AUDI": one writer at a time, from drawing the number to the end of its transaction


class AuditError(RuntimeError):
    """An act was to be recorded outside of its own transaction."""


class Person(Protocol):
    """Who acts: a user, seen from below the accounts."""

    @property
    def pk(self) -> Any: ...

    @property
    def name(self) -> str: ...

    @property
    def address(self) -> str: ...


def record(
    action: Action,
    *,
    by: Person | None,
    about: models.Model | None = None,
    customer: UUID | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> Entry:
    """Add an entry to the chain; `by` None is the portal itself, `customer` the tenant id of whom it concerns.

    Call it inside the transaction of the change, as late as possible: other writers wait until that ends. A write
    that fails raises, and takes the act back with it. Secrets never belong into `before` or `after`.
    """
    if not transaction.get_connection().in_atomic_block:
        raise AuditError(f"{action} was to be recorded outside of a transaction.")
    number, hash_before, now = _end_of_chain()
    origin = current_origin()
    entry = Entry(
        number=number + 1,
        at=now,
        action=action,
        person_id=by.pk if by else None,
        person=_plain(f"{by.name} ({by.address})" if by else ""),
        address=origin.address,
        request_id=origin.request_id,
        about_kind=about._meta.label_lower if about else "",
        about_id=str(about.pk) if about else "",
        about=_plain(str(about))[:300] if about else "",
        customer=UUID(str(customer)) if customer else None,
        before=_plain(before or {}),
        after=_plain(after or {}),
        previous_hash=hash_before,
    )
    entry.hash = hash_of(document_of(entry))
    entry.save(force_insert=True)
    return entry


def _end_of_chain() -> tuple[int, str, datetime]:
    """Number and hash of the last entry, and the database's time, all read under the lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(
            "SELECT clock_timestamp(), last.number, last.hash FROM (VALUES (1)) AS one "
            "LEFT JOIN (SELECT number, hash FROM audit_entry ORDER BY number DESC LIMIT 1) AS last ON true"
        )
        now, number, last_hash = cursor.fetchone()
    return number or 0, last_hash or START, now


def _plain(value: Any) -> Any:
    """What JSON in PostgreSQL gives back just as it was: texts, whole numbers, truth, lists and objects of these."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {_plain(str(key)): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(part) for part in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    return str(value).replace("\x00", "\ufffd").encode(errors="replace").decode()
