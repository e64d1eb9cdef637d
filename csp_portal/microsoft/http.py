"""Reads and writes at Microsoft: tokens only to their own cloud, errors sorted, no write without leave."""

import copy
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import orjson

from csp_portal.microsoft.clouds import Cloud, origin_of
from csp_portal.microsoft.errors import MicrosoftError, Unavailable, UnexpectedAnswer
from csp_portal.microsoft.paging import PageStyle, items_of, next_page, refuse_foreign_page
from csp_portal.microsoft.refusals import error_of
from csp_portal.microsoft.wire import CONNECT_READ_TIMEOUT, DEADLINE_SECONDS, MAX_BYTES, Reply, Wire

logger = logging.getLogger(__name__)

MAX_PAGES = 1000
POOL_MAXSIZE = 16
_CORRELATION_HEADERS = ("request-id", "MS-RequestId", "x-ms-request-id", "client-request-id")

# Between the leave to write and the first byte lies only the way to the host: it must be short, so that a stop counts.
WRITE_CONNECT_READ_TIMEOUT = (2.0, 30.0)
_WRITTEN = frozenset({200, 201, 202, 204})

WriteMethod = Literal["POST", "PATCH", "PUT", "DELETE"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A good answer; `correlation_id` is what Microsoft's support asks for."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str]
    correlation_id: str
    status: int = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class _Errand:
    """One request: where it goes, with what, within which limits, and which statuses are good news."""

    method: str
    url: str
    cloud: Cloud
    token: str = field(repr=False)
    headers: Mapping[str, str]
    params: Mapping[str, str] | None = None
    body: bytes | None = field(default=None, repr=False)
    good: frozenset[int] = frozenset({200})
    max_bytes: int = MAX_BYTES
    timeout: tuple[float, float] = CONNECT_READ_TIMEOUT
    deadline: float


@dataclass(kw_only=True, slots=True)
class _Counts:
    requests: int = 0
    tokens: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def _anything() -> None:
    """Nothing speaks against it."""


class Http:
    """One per process: connections, counts and rules for every request that carries a token."""

    def __init__(self, *, pool_maxsize: int = POOL_MAXSIZE, clock: Callable[[], float] = time.time) -> None:
        self.wire = Wire(pool_maxsize=pool_maxsize)
        self.clock = clock
        self._counts = _Counts()
        self._may_send: Callable[[], None] = _anything

    @property
    def requests_sent(self) -> int:
        return self._counts.requests

    @property
    def tokens_requested(self) -> int:
        return self._counts.tokens

    def asking(self, may_send: Callable[[], None]) -> "Http":
        """The same connections and counts, but `may_send` is asked before each request, and refuses by raising."""
        twin = copy.copy(self)
        twin._may_send = may_send
        return twin

    def get(
        self,
        url: str,
        *,
        cloud: Cloud,
        token: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = MAX_BYTES,
        timeout: tuple[float, float] = CONNECT_READ_TIMEOUT,
        deadline: float = DEADLINE_SECONDS,
    ) -> Answer:
        """The answer to one GET, or one of the errors; the token goes to an API origin of `cloud` or nowhere."""
        errand = _Errand(
            method="GET",
            url=url,
            cloud=cloud,
            token=token,
            headers=headers or {},
            params=params,
            max_bytes=max_bytes,
            timeout=timeout,
            deadline=deadline,
        )
        return self._send(errand, may_write=_anything)

    def write(
        self,
        method: WriteMethod,
        url: str,
        *,
        cloud: Cloud,
        token: str,
        may_write: Callable[[], None],
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        deadline: float = DEADLINE_SECONDS,
    ) -> Answer:
        """The answer to one change, or one of the errors; after Unavailable nobody knows whether it was made.

        `may_write` is asked directly before the bytes leave and refuses by raising; customers.writes gives it. Nothing
        is ever sent twice: whoever tries again decides that.
        """
        typed = {} if json is None else {"Content-Type": "application/json"}
        errand = _Errand(
            method=method,
            url=url,
            cloud=cloud,
            token=token,
            headers={**(headers or {}), **typed},
            body=None if json is None else orjson.dumps(json),
            good=_WRITTEN,
            timeout=WRITE_CONNECT_READ_TIMEOUT,
            deadline=deadline,
        )
        return self._send(errand, may_write=may_write)

    def _send(self, errand: _Errand, *, may_write: Callable[[], None]) -> Answer:
        request_id, place = str(uuid.uuid4()), f"{errand.method} {_place(errand.url)}"
        own = _headers_for(errand.url, cloud=errand.cloud, token=errand.token, request_id=request_id)
        sent = {**errand.headers, **own}
        self._may_send()
        self.count_request()
        may_write()
        try:
            reply = self.wire.exchange(
                errand.method,
                url=errand.url,
                ca_bundle=errand.cloud.ca_bundle,
                headers=sent,
                params=errand.params,
                data=errand.body,
                max_bytes=errand.max_bytes,
                timeout=errand.timeout,
                deadline=errand.deadline,
            )
        except MicrosoftError as error:
            error.correlation_id = request_id
            logger.warning("%s failed: %s (client-request-id %s)", place, error.detail, request_id)
            raise
        correlation_id = _correlation_id(reply, sent=request_id)
        if reply.status not in errand.good:
            problem = error_of(reply, place=place, now=self.clock(), correlation_id=correlation_id)
            problem.status = reply.status
            logger.warning("%s (client-request-id %s, request-id %s)", problem.detail, request_id, correlation_id)
            raise problem
        logger.debug("%s answered (client-request-id %s, request-id %s)", place, request_id, correlation_id)
        return Answer(body=reply.body, headers=reply.headers, correlation_id=correlation_id, status=reply.status)

    def get_json(
        self,
        url: str,
        *,
        cloud: Cloud,
        token: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> Any:
        answer = self.get(url, cloud=cloud, token=token, params=params, headers=headers, max_bytes=max_bytes)
        try:
            return orjson.loads(answer.body)
        except orjson.JSONDecodeError as error:  # cut off on the way, or a proxy's page: another try may do better
            raise Unavailable(
                f"GET {_place(url)} answered with {len(answer.body)} bytes that are not JSON: {error.msg}",
                correlation_id=answer.correlation_id,
            ) from error

    def pages(
        self,
        url: str,
        *,
        cloud: Cloud,
        token: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        max_pages: int = MAX_PAGES,
        style: PageStyle = "odata",
    ) -> Iterator[list[dict[str, Any]]]:
        """The pages of a list, in order; a next page on another scheme, host or port is an UnexpectedAnswer."""
        home = origin_of(url)
        own = headers or {}
        more: Mapping[str, str] = {}
        seen: set[tuple[str, str]] = set()
        while True:
            document = self.get_json(url, cloud=cloud, token=token, params=params, headers={**own, **more})
            yield items_of(document, key="items" if style == "partner-center" else "value", place=_place(url))
            following = next_page(document, style=style, home=home)
            if following is None:
                return
            url, more = following
            params = None
            refuse_foreign_page(url, home=home)
            step = (url, str(more))
            if step in seen or len(seen) + 1 >= max_pages:
                raise UnexpectedAnswer(f"The pages of {_place(url)} do not end (read {len(seen) + 1}).")
            seen.add(step)

    def count_request(self) -> None:
        with self._counts.lock:
            self._counts.requests += 1

    def count_token_request(self) -> None:
        with self._counts.lock:
            self._counts.tokens += 1


_shared: dict[int, Http] = {}
_shared_lock = threading.Lock()


def shared_http() -> Http:
    """The process's one Http; a forked child makes its own, because sockets must not be shared."""
    pid = os.getpid()
    http = _shared.get(pid)
    if http is None:
        with _shared_lock:
            http = _shared.setdefault(pid, Http())
    return http


def _new_lock_in_child() -> None:
    global _shared_lock  # noqa: PLW0603 - the parent's lock may have been held by a thread that fork did not copy
    _shared_lock = threading.Lock()


os.register_at_fork(after_in_child=_new_lock_in_child)


def _headers_for(url: str, *, cloud: Cloud, token: str, request_id: str) -> dict[str, str]:
    """The headers of one request; refuses, before anything is sent, an address that is not this cloud's."""
    try:
        origin = origin_of(url)
    except ValueError as error:
        raise UnexpectedAnswer(f"No token was sent: {error}") from error
    if origin not in cloud.api_origins:
        raise UnexpectedAnswer(f"No token was sent to {origin}: it is not a host of the cloud {cloud.label}.")
    headers = {"Authorization": f"Bearer {token}", "client-request-id": request_id}
    if origin == origin_of(cloud.partner_center_url):
        headers |= {"MS-RequestId": request_id, "MS-CorrelationId": request_id, "MS-Contract-Version": "v1"}
    return headers


def _correlation_id(reply: Reply, *, sent: str) -> str:
    return next((reply.headers[name] for name in _CORRELATION_HEADERS if name in reply.headers), sent)


def _place(url: str) -> str:
    """Host and path, for logs: a query may hold continuation tokens."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"[:300]
