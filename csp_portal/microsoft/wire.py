"""One HTTPS exchange: pooled connections, time and size limits, and what went wrong on the way."""

import email.utils
import os
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from csp_portal.microsoft.clouds import origin_of
from csp_portal.microsoft.errors import TooLarge, Unavailable, UnexpectedAnswer

CONNECT_READ_TIMEOUT = (5.0, 30.0)
DEADLINE_SECONDS = 60.0
MAX_BYTES = 16 * 1024 * 1024
DEFAULT_RETRY_AFTER = 30.0
LONGEST_RETRY_AFTER = 86_400.0
PATTERNS_KEPT = 256
_CHUNK = 128 * 1024
_TRY_AGAIN = re.compile(rb"[Tt]ry again in (\d{1,6}) second")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What came back, whatever the status; the body may hold a token and stays out of the repr."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Wire:
    """Sends requests over one pool of connections per CA bundle, without retries, redirects, cookies or .netrc."""

    def __init__(self, *, pool_maxsize: int) -> None:
        self._pool_maxsize = pool_maxsize
        self._sessions: dict[str | None, requests.Session] = {}
        self._proxies: dict[str, dict[str, str]] = {}
        self._patterns: dict[tuple[object, ...], requests.PreparedRequest] = {}
        self._lock = threading.Lock()

    def exchange(
        self,
        method: str,
        *,
        url: str,
        ca_bundle: str | None,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | str | bytes | None = None,
        max_bytes: int = MAX_BYTES,
        timeout: tuple[float, float] = CONNECT_READ_TIMEOUT,
        deadline: float = DEADLINE_SECONDS,
    ) -> Reply:
        """One request and its whole answer; raises Unavailable or, where waiting will not help, UnexpectedAnswer."""
        origin = origin_of(url)
        ends_at = time.monotonic() + deadline
        try:
            session = self._session(ca_bundle)
            request = requests.Request(method, url, params=params, data=data)
            response = session.send(
                self._prepare(request, session=session, headers=headers),
                timeout=timeout,
                proxies=self._proxies_for(origin),
                allow_redirects=False,
                stream=True,
            )
            with response:
                body = _read_body(response.raw, max_bytes=max_bytes, ends_at=ends_at)
                return Reply(status=response.status_code, headers=response.headers, body=body)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            if _is_distrust(error):
                raise UnexpectedAnswer(
                    f"The certificate of {origin} is not trusted: {_short(error)}. Check the host and the CA bundle."
                ) from error
            raise Unavailable(f"No usable answer from {origin}: {_short(error)}") from error
        except OSError as error:  # requests raises a bare OSError where the CA bundle can't be read
            raise UnexpectedAnswer(f"No connection to {origin} can be made: {_short(error)}") from error

    def _prepare(
        self, request: requests.Request, *, session: requests.Session, headers: Mapping[str, str]
    ) -> requests.PreparedRequest:
        """The request ready to send; of a GET everything but its headers is built once and copied.

        Every tenant is asked the same question, and building it takes a tenth of the CPU of reading one (measured).
        """
        key = (request.url, tuple(sorted(dict(request.params or {}).items())))
        pattern = self._patterns.get(key) if request.method == "GET" else None
        if pattern is None:
            pattern = session.prepare_request(request)
            if len(self._patterns) >= PATTERNS_KEPT:
                self._patterns.clear()
            if request.method == "GET":
                self._patterns[key] = pattern
        prepared = pattern.copy()
        prepared.prepare_headers({**pattern.headers, **headers})
        return prepared

    def _session(self, ca_bundle: str | None) -> requests.Session:
        session = self._sessions.get(ca_bundle)
        if session is None:
            with self._lock:
                session = self._sessions.get(ca_bundle) or self._new_session(ca_bundle)
                self._sessions[ca_bundle] = session
        return session

    def _new_session(self, ca_bundle: str | None) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # a .netrc would replace our token; proxies are read by _proxies_for
        session.verify = ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or True
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # nothing may leak from tenant to tenant
        adapter = HTTPAdapter(pool_connections=16, pool_maxsize=self._pool_maxsize, max_retries=0)
        session.mount("https://", adapter)
        session.headers.update({"User-Agent": "csp-portal", "Accept": "application/json"})
        return session

    def _proxies_for(self, origin: str) -> dict[str, str]:
        """The proxies that the environment names for this origin, looked up once."""
        proxies = self._proxies.get(origin)
        if proxies is None:
            proxies = self._proxies[origin] = dict(get_environ_proxies(origin))
        return proxies


def retry_after_of(reply: Reply, *, now: float) -> float:
    """How many seconds Microsoft asks us to wait: Retry-After as seconds or date, else the number in the text.

    Partner Center's 429 says "Rate limit is exceeded. Try again in 57 seconds." (api-throttling-guidance.md). A date
    is measured against the answer's own Date, so a wrong clock here does no harm. At least 1 s, at most a day.
    """
    value = reply.headers.get("Retry-After", "").strip()
    if value.isdigit():
        seconds = float(value)
    elif value and (moment := _moment(value)) is not None:
        sent_at = _moment(reply.headers.get("Date", ""))
        seconds = moment - (now if sent_at is None else sent_at)
    elif match := _TRY_AGAIN.search(reply.body[:2000]):
        seconds = float(match[1])
    else:
        seconds = DEFAULT_RETRY_AFTER
    return min(max(seconds, 1.0), LONGEST_RETRY_AFTER)


def _moment(http_date: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(http_date).timestamp()
    except (TypeError, ValueError):
        return None


def _read_body(raw: urllib3.BaseHTTPResponse, *, max_bytes: int, ends_at: float) -> bytes:
    """The whole body; each step is one read of the socket, so a dripping server meets the deadline."""
    chunks: list[bytes] = []
    size = 0
    while chunk := raw.read1(_CHUNK, decode_content=True):
        chunks.append(chunk)
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge(f"The answer is larger than {max_bytes} bytes and was not read on.")
        if time.monotonic() > ends_at:
            raise Unavailable("The answer took too long and was not read on.")
    return b"".join(chunks)


def _is_distrust(error: Exception) -> bool:
    return isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
