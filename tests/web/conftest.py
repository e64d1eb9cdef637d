"""A real gunicorn on the suite's own PostgreSQL, behind the https address of production."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOST = "portal.example.com"
START_SECONDS = 180


class Behind:
    """Speaks to gunicorn as the proxy in front does."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, path: str, *, method: str = "GET", body: bytes = b"", https: bool = True, **headers: str):
        """The answer with its body read into `.text`; header names are written with _ for -."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = {"Host": HOST, "X-Forwarded-For": "203.0.113.9"} | ({"X-Forwarded-Proto": "https"} if https else {})
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body or None, headers=sent)
        answer: HTTPResponse = connection.getresponse()
        answer.text = answer.read().decode(errors="replace")  # type: ignore[attr-defined]
        connection.close()
        return answer

    def say(self, raw: bytes) -> bytes:
        """The first bytes of the answer to just these bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as sender:
            sender.sendall(raw)
            return sender.recv(65_536)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def production_env(**changes: str) -> dict[str, str]:
    """The suite's own servers under the address of production, as the role that the portal works as."""
    if "DATABASE_OWNER_URL" not in os.environ:
        pytest.skip("DATABASE_URL names a server that is not the suite's own; this test makes a database in its own.")
    url = re.sub(r"^(\w+://)[^@/]*", r"\1portal", os.environ["DATABASE_OWNER_URL"])
    return {**os.environ, "DATABASE_URL": url, "PORTAL_URL": f"https://{HOST}", **changes}


@contextmanager
def gunicorn(**changes: str) -> Iterator[Behind]:
    port, env = free_port(), production_env(**changes)
    command = [sys.executable, "-m", "gunicorn", "csp_portal.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "2"]
    server = subprocess.Popen([*command, "--log-level", "error"], cwd=ROOT, env=env)
    try:
        _wait_for(port, server)
        yield Behind(port)
    finally:
        server.terminate()
        server.wait(timeout=START_SECONDS)


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("gunicorn did not start; what it said stands above.")


@pytest.fixture(scope="session")
def production() -> Iterator[Behind]:
    migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
    subprocess.run(migrate, cwd=ROOT, env=production_env(PORTAL_URL="http://localhost"), check=True)
    with gunicorn() as server:
        yield server
