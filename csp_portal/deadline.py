"""A moment at which connections are cut: each read may be short, and their sum endless."""

import socket
import threading
from contextlib import suppress
from types import TracebackType

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool


class Deadline:
    """Within it, connections of the sessions that it watches last no longer than so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._twins: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._timer.join()
        for twin in self._twins:
            twin.close()

    def watch(self, session: requests.Session) -> None:
        deadline = self

        class Connection(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                made = super()._new_conn()
                deadline.keep(made)
                return made

        class Pool(HTTPSConnectionPool):
            ConnectionCls = Connection

        adapter = session.get_adapter("https://")
        if isinstance(adapter, HTTPAdapter):
            adapter.poolmanager.pool_classes_by_scheme = {"https": Pool}

    def keep(self, made: socket.socket) -> None:
        """Watch one connection. TLS takes the socket itself over; a twin of it can still be shut."""
        self._twins.append(made.dup())
        if self.is_over:
            self._end()

    def _end(self) -> None:
        self.is_over = True
        for twin in self._twins:
            with suppress(OSError):  # the other side was quicker
                twin.shutdown(socket.SHUT_RDWR)
