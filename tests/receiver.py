"""A webhook receiver on this machine, over TLS, and a client that may reach it."""

import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import trustme

from csp_portal.outgoing import Outgoing


class Receiver(ThreadingHTTPServer):
    """A webhook receiver on this machine, over TLS, that does as it is told."""

    daemon_threads = True

    def __init__(self, *, context: ssl.SSLContext) -> None:
        self.seen: list[tuple[str, bytes, dict[str, str]]] = []
        self.reply: Callable[[BaseHTTPRequestHandler], None] = lambda handler: say(handler, 200, b"thanks")
        super().__init__(("127.0.0.1", 0), Handler)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_port}/hook"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are no news."""


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.path, body, {name.lower(): value for name, value in self.headers.items()}))
        self.server.reply(self)

    def log_message(self, format: str, *args: Any) -> None:
        """Keeps the test output readable."""


def say(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def receiver(authority: trustme.CA) -> Iterator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    server = Receiver(context=context)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def nearby(ca_bundle: str) -> Outgoing:
    """A client that may reach this machine, to see what else it keeps to."""
    return Outgoing(ca_bundle=ca_bundle, allow_loopback=True)
