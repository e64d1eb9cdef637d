"""The HTTP client that MSAL is given: discovery once per process, our limits and errors, secrets to one host only."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson

from csp_portal.microsoft.aadsts import error_of
from csp_portal.microsoft.clouds import Cloud, origin_of
from csp_portal.microsoft.errors import Throttled, Unavailable, UnexpectedAnswer
from csp_portal.microsoft.http import Http
from csp_portal.microsoft.wire import Reply, retry_after_of

_DISCOVERY = "/v2.0/.well-known/openid-configuration"
_ENDPOINTS = ("issuer", "authorization_endpoint", "token_endpoint", "device_authorization_endpoint", "jwks_uri")


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginResponse:
    """What MSAL asks of a response."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        """Nothing is left to raise: what is not an answer for MSAL became one of our errors before."""


class DiscoveryCache:
    """The openid-configuration of each login origin, fetched once; MSAL would fetch it for every tenant."""

    def __init__(self) -> None:
        self._documents: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def document(self, *, cloud: Cloud, tenant_id: str, http: Http) -> dict[str, Any]:
        """The document as Microsoft would write it for this tenant."""
        document = self._documents.get(cloud.login_url)
        if document is None:
            with self._lock:
                document = self._documents.get(cloud.login_url)
                if document is None:
                    document = _fetch(cloud=cloud, tenant_id=tenant_id, http=http)
                    self._documents[cloud.login_url] = document
        return {**document, **{name: _for_tenant(document[name], tenant_id=tenant_id) for name in _ENDPOINTS}}


class LoginHttp:
    """MSAL's `http_client` for one cloud."""

    def __init__(self, *, cloud: Cloud, http: Http, discovery: DiscoveryCache) -> None:
        self._cloud = cloud
        self._http = http
        self._discovery = discovery

    def get(self, url: str, **_: Any) -> LoginResponse:
        """MSAL reads nothing but the openid-configuration of the tenant it works for."""
        path = urlsplit(url).path
        if not path.endswith(_DISCOVERY):
            raise UnexpectedAnswer(f"MSAL asked for {url[:200]}, which is not the discovery document.")
        tenant_id = path.removesuffix(_DISCOVERY).strip("/")
        document = self._discovery.document(cloud=self._cloud, tenant_id=tenant_id, http=self._http)
        return LoginResponse(status_code=200, text=orjson.dumps(document).decode(), headers={})

    def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | str | None = None,
        **_: Any,
    ) -> LoginResponse:
        """One token request. MSAL sees success and OAuth errors only, never a body that it would write to the log."""
        if origin_of(url) != origin_of(self._cloud.login_url):
            raise UnexpectedAnswer(f"No secret was sent: {url[:200]} is not on {self._cloud.login_url}.")
        self._http.count_token_request()
        reply = self._http.wire.exchange(
            "POST",
            url=url,
            ca_bundle=self._cloud.ca_bundle,
            headers=headers or {},
            params=params,
            data=data,
            max_bytes=1024 * 1024,
        )
        _raise_for(reply, now=self._http.clock())
        return LoginResponse(status_code=reply.status, text=reply.body.decode(), headers=reply.headers)

    def close(self) -> None:
        """The connections belong to the process and stay open."""


def _fetch(*, cloud: Cloud, tenant_id: str, http: Http) -> dict[str, Any]:
    reply = http.wire.exchange(
        "GET", url=f"{cloud.login_url}/{tenant_id}{_DISCOVERY}", ca_bundle=cloud.ca_bundle, headers={}
    )
    document = _raise_for(reply, now=http.clock())
    if reply.status != 200:
        raise error_of(document)
    missing = [name for name in _ENDPOINTS if name != "device_authorization_endpoint" and not document.get(name)]
    if missing:
        raise UnexpectedAnswer(f"The openid-configuration of {cloud.login_url} lacks {', '.join(missing)}.")
    return {"device_authorization_endpoint": "", **document}


def _for_tenant(url: str, *, tenant_id: str) -> str:
    """The same address for another tenant: Microsoft puts the tenant first in the path."""
    parts = urlsplit(url)
    rest = parts.path.lstrip("/").partition("/")[2]
    return urlunsplit(parts._replace(path=f"/{tenant_id}/{rest}")) if parts.netloc else url


def _raise_for(reply: Reply, *, now: float) -> dict[str, Any]:
    """The JSON object of an answer that means something to MSAL; everything else is one of our errors."""
    place = f"The sign-in service answered {reply.status}"
    correlation_id = reply.headers.get("x-ms-request-id", "")
    if reply.status == 429 or (reply.status >= 500 and "Retry-After" in reply.headers):
        raise Throttled(f"{place}.", retry_after=retry_after_of(reply, now=now), correlation_id=correlation_id)
    if reply.status >= 500:
        raise Unavailable(f"{place}.", correlation_id=correlation_id)
    if 300 <= reply.status < 400:
        raise UnexpectedAnswer(f"{place}, a redirect, which is not followed.")
    try:
        document = orjson.loads(reply.body)
    except orjson.JSONDecodeError as error:
        raise Unavailable(f"{place} with {len(reply.body)} bytes that are not JSON.") from error
    if not isinstance(document, dict):
        raise UnexpectedAnswer(f"{place} with JSON that is not an object.")
    return document
