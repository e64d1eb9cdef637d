"""The keys that Microsoft signs id tokens with, kept for a day for each login origin."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from jwt import PyJWK
from jwt.exceptions import PyJWKError

from csp_portal.microsoft.clouds import Cloud, origin_of
from csp_portal.microsoft.errors import Unavailable, UnexpectedAnswer
from csp_portal.microsoft.http import Http

ALGORITHM = "RS256"
KEPT_SECONDS = 86_400.0  # "check for updates every 24 hours": learn.microsoft.com, signing-key-rollover
_MOST_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningKey:
    """`issuer` is who may sign with it, "{tenantid}" standing for any tenant; "" where Microsoft does not say."""

    key: PyJWK
    issuer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    keys: Mapping[str, SigningKey]
    at: float


class SigningKeys:
    """One key set for each login origin; a key that nobody has heard of is looked for once more."""

    def __init__(self) -> None:
        self._read: dict[str, _Read] = {}
        self._lock = threading.Lock()

    def find(self, key_id: str, *, cloud: Cloud, jwks_uri: str, http: Http) -> SigningKey | None:
        """The key with this id as the login origin publishes it, or None."""
        known = self._read.get(cloud.login_url)
        if known is None or http.clock() - known.at >= KEPT_SECONDS or key_id not in known.keys:
            with self._lock:
                if self._read.get(cloud.login_url) is known:  # nobody has read them while we waited
                    self._read[cloud.login_url] = _fetch(cloud=cloud, jwks_uri=jwks_uri, http=http)
                known = self._read[cloud.login_url]
        return known.keys.get(key_id)


def _fetch(*, cloud: Cloud, jwks_uri: str, http: Http) -> _Read:
    if origin_of(jwks_uri) != origin_of(cloud.login_url):
        raise UnexpectedAnswer(f"The signing keys at {jwks_uri[:200]} are not on {cloud.login_url}.")
    reply = http.wire.exchange("GET", url=jwks_uri, ca_bundle=cloud.ca_bundle, headers={}, max_bytes=_MOST_BYTES)
    if reply.status != 200:
        raise Unavailable(f"The signing keys can't be read: the sign-in service answered {reply.status}.")
    try:
        document = orjson.loads(reply.body)
    except orjson.JSONDecodeError as error:
        raise Unavailable("The signing keys can't be read: the answer is not JSON.") from error
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise UnexpectedAnswer("The document of signing keys names no keys.")
    keys = {str(one["kid"]): key for one in listed if (key := _key_of(one)) is not None}
    return _Read(keys=keys, at=http.clock())


def _key_of(jwk: Any) -> SigningKey | None:
    """An RSA key for signatures; what else the set may hold is passed over."""
    if not isinstance(jwk, dict) or jwk.get("kty") != "RSA" or jwk.get("use", "sig") != "sig" or not jwk.get("kid"):
        return None
    try:
        return SigningKey(key=PyJWK(jwk, algorithm=ALGORITHM), issuer=str(jwk.get("issuer", "")))
    except PyJWKError:
        return None
