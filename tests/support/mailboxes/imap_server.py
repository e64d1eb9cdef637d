"""A real IMAP server (pymap, in a process of its own) behind TLS, with an ear on what clients say."""

import base64
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme
from imapclient import IMAPClient

USER, PASSWORD = "support@partner.example", "correct horse battery"
HOST = "localhost"
START_SECONDS = 30
_CHUNK = 64 * 1024
Hook = Callable[[bytes], None]


def _ignore(said: bytes) -> None:
    """Nobody listens."""


class ImapServer:
    """`at_command` hears each piece that a client says before the server does; it may raise OSError to cut the line."""

    def __init__(self, *, state_dir: Path) -> None:
        authority = trustme.CA()
        self.ca_file = str(state_dir / "mail-ca.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST).configure_cert(self.context)
        self.at_command: Hook = _ignore
        self.token = ""  # of XOAUTH2
        self._inner_port = _free_port()
        command = [str(Path(sys.executable).with_name("pymap")), "--host", "127.0.0.1", "--port", str(self._inner_port)]
        command += ["--no-tls", "dict", "--demo-user", USER, "--demo-password", PASSWORD]
        self._process = subprocess.Popen(command)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=20)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        ends_at = time.monotonic() + START_SECONDS
        while time.monotonic() < ends_at:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._inner_port), timeout=1):
                return self
            time.sleep(0.05)
        raise TimeoutError("pymap did not start.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self._process.terminate()
        self._process.wait()

    def folder(self, name: str) -> "Folder":
        return Folder(self, name)

    def _accept(self) -> None:
        while True:
            try:
                plain, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        try:
            outer = self.context.wrap_socket(plain, server_side=True)
        except OSError:  # it does not trust us, or hung up
            plain.close()
            return
        inner = socket.create_connection(("127.0.0.1", self._inner_port))
        threading.Thread(target=_pump, args=(inner, outer, _as_it_is), daemon=True).start()
        _pump(outer, inner, lambda said: self._hear(said, outer=outer, inner=inner))

    def _hear(self, said: bytes, *, outer: socket.socket, inner: socket.socket) -> bytes:
        """What the inner server is to hear. It knows no XOAUTH2: whoever names the right token is signed in by us."""
        self.at_command(said)
        tag, _space, command = said.partition(b" ")
        if not command.startswith(b"AUTHENTICATE XOAUTH2"):
            return said
        outer.sendall(b"+ \r\n")
        line = b""
        while not line.endswith(b"\r\n") and (more := outer.recv(_CHUNK)):  # the line's end comes by itself
            line += more
        told = base64.b64decode(line)
        if told == f"user={USER}\1auth=Bearer {self.token}\1\1".encode():
            return tag + f' LOGIN "{USER}" "{PASSWORD}"\r\n'.encode()
        outer.sendall(tag + b" NO AUTHENTICATE failed.\r\n")
        return b""


def _as_it_is(said: bytes) -> bytes:
    return said


def _pump(source: socket.socket, target: socket.socket, through: Callable[[bytes], bytes]) -> None:
    with suppress(OSError):
        while said := source.recv(_CHUNK):
            target.sendall(through(said))
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


class Folder:
    """One folder, as a person or another mail program sees it: past the ear."""

    def __init__(self, server: ImapServer, name: str) -> None:
        self.name = name
        self._client = IMAPClient("127.0.0.1", server._inner_port, ssl=False)
        self._client.login(USER, PASSWORD)
        self.make()

    def make(self) -> None:
        """A new folder has a new UIDVALIDITY."""
        if self._client.folder_exists(self.name):
            self._client.delete_folder(self.name)
        self._client.create_folder(self.name)

    def put(self, raw: bytes, *, at: datetime, is_seen: bool = False) -> None:
        self._client.append(self.name, raw, [b"\\Seen"] if is_seen else [], at)

    def seen(self) -> int:
        self._client.select_folder(self.name, readonly=True)
        return len(self._client.search(["SEEN"]))

    def __len__(self) -> int:
        return int(self._client.folder_status(self.name, [b"MESSAGES"])[b"MESSAGES"])

    def close(self) -> None:
        self._client.logout()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
