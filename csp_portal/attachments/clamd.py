"""Speaks with ClamAV's daemon: sends a file (INSTREAM) and reads what it found."""

import re
import socket
import struct
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

SECONDS = 30
_CHUNK = 65_536
_LONGEST_ANSWER = 1_000


class ScanError(Exception):
    """There was no verdict; the sentence says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """`virus` is the name of what was found; empty where nothing was."""

    virus: str


def scan(content: IO[bytes], *, address: str) -> Verdict:
    """The verdict of the daemon at tcp://host:port or unix:///path; ScanError for everything that is none."""
    try:
        with _connect(address) as daemon:
            daemon.sendall(b"zINSTREAM\0")
            while chunk := content.read(_CHUNK):
                daemon.sendall(struct.pack("!I", len(chunk)) + chunk)
            daemon.sendall(struct.pack("!I", 0))
            answer = _read(daemon)
    except OSError as error:
        raise ScanError(f"The virus scanner at {address} can't be reached ({error}).") from error
    said = answer.rstrip(b"\0\n").decode(errors="replace")
    if said == "stream: OK":
        return Verdict(virus="")
    found = re.fullmatch(r"stream: (.+) FOUND", said)
    if found:
        return Verdict(virus=found[1])
    raise ScanError(f"The virus scanner gave no verdict: {said[:120] or 'it closed the connection'}.")


def _connect(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        daemon = socket.socket(socket.AF_UNIX)
        daemon.settimeout(SECONDS)
        daemon.connect(parts.path)
        return daemon
    return socket.create_connection((parts.hostname or "", parts.port or 3310), timeout=SECONDS)


def _read(daemon: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER and (part := daemon.recv(_LONGEST_ANSWER)):
        answer += part
    return answer
