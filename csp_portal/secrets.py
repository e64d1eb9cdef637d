"""Secrets at rest: AES-256-GCM under keys from a file, each bound to the row and column it belongs to."""

import base64
import os
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12
KEY_BYTES = 32


class SecretError(Exception):
    """A stored secret can't be opened: its key is missing, or it was moved from another row."""


@dataclass(frozen=True, kw_only=True)
class Keyring:
    """The keys by id; `current` seals, all of them open."""

    keys: dict[str, AESGCM]
    current: str

    def seal(self, plain: str, *, bound_to: str) -> str:
        """`bound_to` is table/pk/column: the same words are needed to open it."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self.keys[self.current].encrypt(nonce, plain.encode(), bound_to.encode())
        return f"{self.current}:{base64.b64encode(nonce + sealed).decode()}"

    def unseal(self, sealed: str, *, bound_to: str) -> str:
        key_id, _, body = sealed.partition(":")
        if key_id not in self.keys:
            raise SecretError(f"The key {key_id} that sealed {bound_to} is not in the keys file.")
        raw = base64.b64decode(body)
        try:
            return self.keys[key_id].decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to.encode()).decode()
        except InvalidTag as error:
            raise SecretError(f"The secret of {bound_to} was sealed elsewhere or altered.") from error

    def is_current(self, sealed: str) -> bool:
        return sealed.startswith(f"{self.current}:")


def read_keyring(path: Path) -> Keyring:
    """Lines of `id:base64 of 32 bytes`, the current key first; a broken line raises ValueError with its number."""
    keys: dict[str, AESGCM] = {}
    for number, line in enumerate(path.read_text().split(), start=1):
        key_id, _, body = line.partition(":")
        if not key_id or len(raw := _decoded(body)) != KEY_BYTES:
            raise ValueError(f"Line {number} of {path} is not `id:` and {KEY_BYTES} bytes in base64.")
        keys[key_id] = AESGCM(raw)
    if not keys:
        raise ValueError(f"{path} holds no key.")
    return Keyring(keys=keys, current=next(iter(keys)))


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        return b""


def is_private(path: Path) -> bool:
    """Whether only the file's owner may read or write it."""
    return not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


@lru_cache(maxsize=4)
def _keyring_at(path: Path, _changed: float) -> Keyring:
    return read_keyring(path)


def keyring() -> Keyring:
    """The keys of this installation; a changed file is read anew."""
    path = Path(settings.PORTAL_KEYS_FILE)
    return _keyring_at(path, path.stat().st_mtime)
