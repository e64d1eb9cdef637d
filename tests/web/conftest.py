"""A real gunicorn on the test's database, behind the https address of production."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from django.db import connection as database

ROOT = Path(__file__).resolve().parents[2]
HOST = "portal.example.com"
START_SECONDS = 60


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


@contextmanager
def gunicorn(**changes: str) -> Iterator[Behind]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = database.settings_dict
    url = f"postgresql://{told['USER']}@/{told['NAME']}?host={told['HOST']}&port={told['PORT']}"
    env = {**os.environ, "DATABASE_URL": url, "DATABASE_PASSWORD": told["PASSWORD"], "PORTAL_URL": f"https://{HOST}"}
    command = [sys.executable, "-m", "gunicorn", "csp_portal.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "2"]
    server = subprocess.Popen([*command, "--log-level", "error"], cwd=ROOT, env=env | changes)
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


@pytest.fixture(scope="module")
def production(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Behind]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        database.ensure_connection()
    with gunicorn() as server:
        yield server
