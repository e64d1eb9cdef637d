"""The bytes of finished exports: beside the attachments, under a random key, for our own user only."""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.conf import settings

PIECE = 1024 * 1024


def path_of(key: str) -> Path:
    return Path(settings.PORTAL_FILES_DIR) / "exports" / key


def keep(key: str, content: IO[bytes]) -> tuple[int, str]:
    """Size and SHA-256 of what was written; what has its final name is complete and on the disk."""
    path, digest, size = path_of(key), hashlib.sha256(), 0
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        while piece := content.read(PIECE):
            digest.update(piece)
            size += file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    return size, digest.hexdigest()


def throw_away(key: str) -> None:
    path_of(key).unlink(missing_ok=True)


def keys_older_than(seconds: float) -> Iterator[str]:
    latest = time.time() - seconds
    for path in path_of("any").parent.glob("*"):
        if path.stat().st_mtime < latest:
            yield path.name
