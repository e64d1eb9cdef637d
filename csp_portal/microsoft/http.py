"""Reads Microsoft's APIs: tokens only to their own cloud, errors sorted, pages followed only on the same origin."""

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

import orjson

from csp_portal.microsoft.clouds import Cloud, origin_of
from csp_portal.microsoft.errors import (
    AccessDenied,
    Cause,
    MicrosoftError,
    Throttled,
    Unavailable,
    UnexpectedAnswer,
)
from csp_portal.microsoft.fields import part, parts
from csp_portal.microsoft.wire import (
    CONNECT_READ_TIMEOUT,
    DEADLINE_SECONDS,
    MAX_BYTES,
    Reply,
    Wire,
    retry_after_of,
)

logger = logging.getLogger(__name__)

MAX_PAGES = 1000
POOL_MAXSIZE = 16
_CORRELATION_HEADERS = ("request-id", "MS-RequestId", "x-ms-request-id", "client-request-id")

PageStyle = Literal["odata", "partner-center"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A good answer; `correlation_id` is what Microsoft's support asks for."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str]
    correlation_id: str


class Http:
    """One per process: connections, counts and rules for every request that carries a token."""

    def __init__(self, *, pool_maxsize: int = POOL_MAXSIZE, clock: Callable[[], float] = time.time) -> None:
        self.wire = Wire(pool_maxsize=pool_maxsize)
        self.clock = clock
        self.requests_sent = 0
        self.tokens_requested = 0
        self._count_lock = threading.Lock()

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
        """The answer to one GET, or one of the four errors; the token goes to an API origin of `cloud` or nowhere."""
        request_id = str(uuid.uuid4())
        sent = {**(headers or {}), **_headers_for(url, cloud=cloud, token=token, request_id=request_id)}
        self.count_request()
        try:
            reply = self.wire.exchange(
                "GET",
                url=url,
                ca_bundle=cloud.ca_bundle,
                headers=sent,
                params=params,
                max_bytes=max_bytes,
                timeout=timeout,
                deadline=deadline,
            )
        except MicrosoftError as error:
            error.correlation_id = request_id
            logger.warning("GET %s failed: %s (client-request-id %s)", _place(url), error.detail, request_id)
            raise
        correlation_id = _correlation_id(reply, sent=request_id)
        if reply.status != 200:
            problem = error_of(reply, place=_place(url), now=self.clock(), correlation_id=correlation_id)
            logger.warning("%s (client-request-id %s, request-id %s)", problem.detail, request_id, correlation_id)
            raise problem
        logger.debug("GET %s answered (client-request-id %s, request-id %s)", _place(url), request_id, correlation_id)
        return Answer(body=reply.body, headers=reply.headers, correlation_id=correlation_id)

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
        max_pages: int = MAX_PAGES,
        style: PageStyle = "odata",
    ) -> Iterator[list[dict[str, Any]]]:
        """The pages of a list, in order; a next page on another scheme, host or port is an UnexpectedAnswer."""
        home = origin_of(url)
        headers: Mapping[str, str] = {}
        seen: set[tuple[str, str]] = set()
        while True:
            document = self.get_json(url, cloud=cloud, token=token, params=params, headers=headers)
            yield items_of(document, key="value" if style == "odata" else "items", place=_place(url))
            following = _next_odata(document) if style == "odata" else _next_partner_center(document, home=home)
            if following is None:
                return
            url, headers = following
            params = None
            refuse_foreign_page(url, home=home)
            step = (url, str(headers))
            if step in seen or len(seen) + 1 >= max_pages:
                raise UnexpectedAnswer(f"The pages of {_place(url)} do not end (read {len(seen) + 1}).")
            seen.add(step)

    def count_request(self) -> None:
        with self._count_lock:
            self.requests_sent += 1

    def count_token_request(self) -> None:
        with self._count_lock:
            self.tokens_requested += 1


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


def items_of(document: Any, *, key: str, place: str) -> list[dict[str, Any]]:
    items = document.get(key) if isinstance(document, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UnexpectedAnswer(f"GET {place} answered without a list named {key}.")
    return items


def error_of(reply: Reply, *, place: str, now: float, correlation_id: str) -> MicrosoftError:
    """Which of the four errors a status other than 200 is."""
    code, message = _said_by(reply.body)
    detail = f"GET {place} answered {reply.status} {code}: {message}"[:500]
    status = reply.status
    if status == 401:
        return AccessDenied(detail, cause=Cause.TOKEN_REFUSED, code=code or "401", correlation_id=correlation_id)
    if status == 403:
        return AccessDenied(detail, cause=Cause.FORBIDDEN, code=code or "403", correlation_id=correlation_id)
    if status == 429 or (status == 503 and "Retry-After" in reply.headers):
        return Throttled(detail, retry_after=retry_after_of(reply, now=now), correlation_id=correlation_id)
    if status == 408 or status >= 500:
        return Unavailable(detail, correlation_id=correlation_id)
    return UnexpectedAnswer(detail, correlation_id=correlation_id)


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


def refuse_foreign_page(url: str, *, home: str) -> None:
    """A next page must lie on exactly the scheme, host and port of the first; an UnexpectedAnswer otherwise."""
    try:
        origin = origin_of(url)
    except ValueError as error:
        raise UnexpectedAnswer(f"The next page was refused and no token sent: {error}") from error
    if origin != home:
        raise UnexpectedAnswer(f"The next page lies on {origin} instead of {home}: refused, no token was sent there.")


def _next_odata(document: Mapping[str, Any]) -> tuple[str, Mapping[str, str]] | None:
    link = document.get("@odata.nextLink")
    return (str(link), {}) if link else None


def _next_partner_center(document: Mapping[str, Any], *, home: str) -> tuple[str, Mapping[str, str]] | None:
    """The next link with its continuation token, the only header taken over (Partner Center docs, headers.md).

    The docs show addresses with and without the /v1 in front.
    """
    link = part(part(document, "links"), "next")
    if not link.get("uri"):
        return None
    uri = str(link["uri"])
    if uri.startswith("/") and not uri.startswith(("/v1/", "//")):
        uri = f"/v1{uri}"
    tokens = [str(h.get("value")) for h in parts(link, "headers") if h.get("key") == "MS-ContinuationToken"]
    return urljoin(home, uri), {"MS-ContinuationToken": tokens[0]} if tokens else {}


def _said_by(body: bytes) -> tuple[str, str]:
    """Code and message of an error body, in Graph's or Partner Center's shape; each one line, for they are logged."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "", "no reason given"
    if not isinstance(document, dict):
        return "", "no reason given"
    error = document.get("error")
    if not isinstance(error, dict):
        error = document
    message = error.get("message") or error.get("description") or "no reason given"
    return " ".join(str(error.get("code") or "").split()), " ".join(str(message).split())


def _correlation_id(reply: Reply, *, sent: str) -> str:
    return next((reply.headers[name] for name in _CORRELATION_HEADERS if name in reply.headers), sent)


def _place(url: str) -> str:
    """Host and path, for logs: a query may hold continuation tokens."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"[:300]
