"""The bytes of attachments: outside of everything that is served, under a random key, for our own user only."""

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from django.conf import settings


def path_of(key: str) -> Path:
    return Path(settings.PORTAL_FILES_DIR) / key[:2] / key


def write(key: str, chunks: Iterable[bytes]) -> str:
    """Keep the bytes and return their SHA-256; what has its final name is complete and on the disk."""
    path, digest = path_of(key), hashlib.sha256()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    return digest.hexdigest()


def read(key: str) -> IO[bytes]:
    return path_of(key).open("rb")


def delete(key: str) -> None:
    with suppress(FileNotFoundError):
        path_of(key).unlink()


def keys_older_than(seconds: float) -> Iterator[str]:
    """Every file that has lain here for so long; a request that was cut off may have left one without a row."""
    latest = time.time() - seconds
    for path in Path(settings.PORTAL_FILES_DIR).glob("??/*"):
        if path.stat().st_mtime < latest:
            yield path.name
