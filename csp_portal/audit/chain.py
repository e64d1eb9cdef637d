"""The chain: each entry's hash covers the entry and the hash before it, so a changed past shows."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from csp_portal.audit.models import Entry

START = "0" * 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """Where the chain does not hold, and why, in a sentence."""

    number: int
    sentence: str


def microseconds_of(moment: datetime) -> int:
    """Since 1970, whole: the same however a time zone or a session would write it."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def document_of(entry: Entry) -> dict[str, Any]:
    """Everything an entry says, as plain JSON: what is hashed, and what the second place keeps."""
    return {
        "number": entry.number,
        "at": microseconds_of(entry.at),
        "action": entry.action,
        "person_id": entry.person_id,
        "person": entry.person,
        "address": entry.address,
        "request_id": entry.request_id,
        "about_kind": entry.about_kind,
        "about_id": entry.about_id,
        "about": entry.about,
        "customer": str(entry.customer) if entry.customer else None,
        "before": entry.before,
        "after": entry.after,
        "previous_hash": entry.previous_hash,
    }


def hash_of(document: Mapping[str, Any]) -> str:
    """SHA-256 over the document with sorted keys and no spaces, as 64 hexadecimal digits."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def breaks_of(entries: Iterable[Entry], *, number: int = 0, hash_before: str = START) -> Iterator[Break]:
    """Every place where entries, in order, do not follow from the one with this number and hash."""
    for entry in entries:
        if entry.number != number + 1:
            yield Break(number=entry.number, sentence=f"The entries {number + 1} to {entry.number - 1} are missing.")
        elif entry.previous_hash != hash_before:
            yield Break(number=entry.number, sentence=f"Entry {entry.number} does not follow from entry {number}.")
        if hash_of(document_of(entry)) != entry.hash:
            yield Break(number=entry.number, sentence=f"Entry {entry.number} was changed after it was written.")
        number, hash_before = entry.number, entry.hash
