"""The sandbox's HTTPS server: one port that plays sign-in, Graph, Partner Center, Azure and the control desk."""

import socket
import ssl
import struct
import threading
import time
from collections import Counter, deque
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import unquote

from csp_portal.microsoft.sandbox import control
from csp_portal.microsoft.sandbox.approval import ApprovalPages
from csp_portal.microsoft.sandbox.azure_support import PREFIXES as AZURE
from csp_portal.microsoft.sandbox.azure_support import AzureSupport
from csp_portal.microsoft.sandbox.graph import Graph
from csp_portal.microsoft.sandbox.login import Login
from csp_portal.microsoft.sandbox.tls import server_context
from csp_portal.microsoft.sandbox.tokens import Keyring
from csp_portal.microsoft.sandbox.wire import Call, Reply, json_reply
from csp_portal.microsoft.sandbox.world import World

REQUESTS_KEPT = 200_000
MOST_BODY = 4_000_000  # a chunk of 2.5 MB in base64 is the largest that anybody sends
WRITABLE = ("graph", "partner_center", "azure")


class LoggedRequest(NamedTuple):
    """`at` is the machine's unix time when it was received; `tenant_id` is whose data was asked for, "" where none."""

    at: float
    method: str
    path: str
    tenant_id: str
    status: int


class SandboxServer:
    """Serves a world; `url` is the origin for every MICROSOFT_*_URL, `ca_bundle` the path of the CA to trust."""

    def __init__(self, world: World, host: str = "127.0.0.1", port: int = 0, *, state_dir: Path) -> None:
        state_dir.mkdir(parents=True, exist_ok=True)
        self.world, self.host = world, host
        self.ca_bundle = str(state_dir.resolve() / "ca.pem")
        self.requests: deque[LoggedRequest] = deque(maxlen=REQUESTS_KEPT)
        self.counts: Counter[str] = Counter()
        self.keyring = Keyring(state_dir / "signing-key.pem")
        self._login, self._graph = Login(world, self.keyring), Graph(world, self.keyring)
        self._approval = ApprovalPages(world)
        self._azure = AzureSupport(world, self.keyring)
        self._listener = _Listener((host, port), context=server_context(state_dir, host=host), server=self)
        self.url = f"https://{host}:{self._listener.server_address[1]}"
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Serve in a background thread."""
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.05,), name="sandbox", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and close every connection, kept-alive ones too."""
        if self._thread is not None:
            self._listener.shutdown()
            self._thread.join()
            self._thread = None
        self._listener.server_close()
        self._listener.close_connections()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def requests_to(self, part: str, *, tenant_id: str | None = None) -> list[LoggedRequest]:
        """The logged requests whose path contains `part`, optionally of one tenant."""
        return [one for one in list(self.requests) if part in one.path and tenant_id in (None, one.tenant_id)]

    def writes(self) -> list[LoggedRequest]:
        """What asked Graph, Partner Center or Azure to change something, in the order of its coming."""
        found = [one for one in list(self.requests) if one.method != "GET" and _kind(one.path) in WRITABLE]
        return sorted(found, key=lambda one: one.at)

    def forget_requests(self) -> None:
        self.requests.clear()
        self.counts.clear()

    def answer(self, call: Call) -> Reply:
        """Answer one call and log it."""
        at = time.time()
        reply = self._route(call)
        self.requests.append(LoggedRequest(at, call.method, call.path, call.tenant_id, reply.status))
        self.counts[_kind(call.path)] += 1
        reply.headers["request-id"] = call.request_id
        reply.headers["client-request-id"] = call.client_request_id
        return reply

    def _route(self, call: Call) -> Reply:
        path = call.path
        if path.startswith(("/v1.0/", "/beta/")):
            return self._graph.answer(call, path[path.index("/", 1) :])
        if path.startswith("/v1/"):
            return self._graph.answer_partner_center(call, path[3:])
        if path.startswith("/_sandbox/"):
            return control.answer(call, self.world, counts=lambda: dict(self.counts), writes=self.writes)
        if path.startswith((*AZURE, "/AdminPortal/")):
            return (self._azure if path.startswith(AZURE) else self._approval).answer(call)
        if path == "/":
            return json_reply(
                {"sandbox": "Microsoft sign-in, Graph and Partner Center", "tenants": len(self.world.tenants)}
            )
        return self._login.answer(call)


def _kind(path: str) -> str:
    """What a request is counted as."""
    if path.endswith("/token"):
        return "token"
    if path.endswith("openid-configuration"):
        return "discovery"
    if path.startswith(("/v1.0/", "/beta/")):
        return "graph"
    if path.startswith(AZURE):
        return "azure"
    return "partner_center" if path.startswith("/v1/") else "other"


class _Listener(ThreadingHTTPServer):
    """Shakes hands in the connection's own thread, so that one slow client holds up nobody."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], *, context: ssl.SSLContext, server: SandboxServer) -> None:
        self.context, self.sandbox = context, server
        self.connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(120)
        with self.context.wrap_socket(request, server_side=True) as connection:
            self.connections.add(connection)
            try:
                super().finish_request(connection, client_address)
            finally:
                self.connections.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away, or do not trust our CA, are no news."""

    def close_connections(self) -> None:
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Handler(BaseHTTPRequestHandler):
    """Keeps connections alive (werkzeug's server closes each after one answer) and sends each answer in one piece."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def do_GET(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MOST_BODY:
            self.send_error(413)
            return
        path, _, query = self.path.partition("?")
        sandbox = self.server.sandbox
        call = Call(
            method=self.command,
            path=unquote(path),
            query_string=unquote(query) if "%24" in query else query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
            origin=sandbox.url,
            peer=self.client_address[0],
        )
        self._send(sandbox.answer(call))

    do_POST = do_PATCH = do_DELETE = do_PUT = do_GET

    def _send(self, reply: Reply) -> None:
        if reply.reset:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        lines = [
            f"HTTP/1.1 {reply.status} {responses.get(reply.status, '')}",
            f"Date: {self.date_time_string()}",
            f"Content-Type: {reply.content_type}",
            f"Content-Length: {len(reply.body)}",
            *(f"{name}: {value}" for name, value in reply.headers.items()),
        ]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """The request log is a list, not a stream of lines."""
