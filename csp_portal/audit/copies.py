"""The second place: a file of JSON lines that grows with the audit, so that a past rewritten in the database shows."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from csp_portal.audit.chain import START, Break, document_of, hash_of
from csp_portal.audit.models import Copy, Entry

BATCH = 1000
_TAIL_BYTES = 1_000_000


class CopyError(Exception):
    """The file and the database tell different pasts, or the file can't be written; the text says which."""


def copy_to(path: Path, *, now: datetime) -> int:
    """Add what is new to the file and note how far it reaches; returns how many entries that were."""
    note = Copy.objects.get_or_create(place=f"{socket.gethostname()}:{path}")[0]
    try:
        count, number = _append(path)
    except (CopyError, OSError) as error:
        Copy.objects.filter(pk=note.pk).update(problem=str(error)[:2000])
        raise CopyError(str(error)) from error
    Copy.objects.filter(pk=note.pk).update(number=number, copied_at=now, problem="")
    return count


def _append(path: Path) -> tuple[int, int]:
    count = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # another worker of this machine may be at it
        number, last_hash = _end_of(file)
        while batch := list(Entry.objects.filter(number__gt=number).order_by("number")[:BATCH]):
            for entry in batch:
                if entry.number != number + 1 or entry.previous_hash != last_hash:
                    raise CopyError(
                        f"Entry {entry.number} of the database does not follow from entry {number} of {path}: one of "
                        "them was changed, or the file belongs to another database. Run verify_audit."
                    )
                file.write(json.dumps({**document_of(entry), "hash": entry.hash}).encode() + b"\n")
                number, last_hash = entry.number, entry.hash
            file.flush()
            os.fsync(file.fileno())
            count += len(batch)
    return count, number


def _end_of(file: IO[bytes]) -> tuple[int, str]:
    """Number and hash of the last whole line; what a killed writer left half written is cut off."""
    size = file.seek(0, os.SEEK_END)
    start = file.seek(max(0, size - _TAIL_BYTES))
    tail = file.read()
    whole = tail.rfind(b"\n") + 1
    file.truncate(start + whole)
    file.seek(0, os.SEEK_END)
    lines = tail[:whole].splitlines()
    if not lines:
        return 0, START
    last = json.loads(lines[-1])
    return int(last["number"]), str(last["hash"])


def differences(path: Path) -> Iterator[Break]:
    """Where the database no longer says what the file has kept."""
    entries = Entry.objects.order_by("number").iterator(chunk_size=BATCH)
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            kept: dict[str, Any] = json.loads(line)
            number, kept_hash = int(kept["number"]), str(kept.pop("hash"))
            if hash_of(kept) != kept_hash:
                yield Break(number=number, sentence=f"Line {number} of {path} was changed.")
            entry = next(entries, None)
            if entry is None or entry.number != number:
                yield Break(number=number, sentence=f"Entry {number} is kept in {path} and gone from the database.")
                return
            if entry.hash != kept_hash:
                yield Break(number=number, sentence=f"Entry {number} differs from what {path} has kept.")
