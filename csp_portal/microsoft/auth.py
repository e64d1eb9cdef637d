"""Tokens for Microsoft's APIs, both ways partners use: app-only and the Secure Application Model."""

import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from msal import ConfidentialClientApplication, TokenCache

from csp_portal.microsoft.aadsts import error_of
from csp_portal.microsoft.clouds import Cloud
from csp_portal.microsoft.errors import AccessDenied, Cause, UnexpectedAnswer
from csp_portal.microsoft.http import Http, shared_http
from csp_portal.microsoft.login import DiscoveryCache, LoginHttp

logger = logging.getLogger(__name__)

SPARE_SECONDS = 300.0

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
shared_discovery = DiscoveryCache()


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    value: str = field(repr=False)
    expires_at: float  # unix seconds

    def is_good_at(self, now: float) -> bool:
        """Whether it lasts for at least five more minutes."""
        return self.expires_at - now >= SPARE_SECONDS


class TokenStore(Protocol):
    """Where tokens wait for their next use; may lose them at any moment."""

    def get_many(self, keys: Sequence[str]) -> dict[str, Token]: ...

    def put_many(self, tokens: Mapping[str, Token]) -> None: ...

    def forget(self, keys: Sequence[str]) -> None: ...


class MemoryTokenStore:
    """A store for one process: commands and tests."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    def get_many(self, keys: Sequence[str]) -> dict[str, Token]:
        return {key: self._tokens[key] for key in keys if key in self._tokens}

    def put_many(self, tokens: Mapping[str, Token]) -> None:
        self._tokens.update(tokens)

    def forget(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._tokens.pop(key, None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Credential:
    """Our app registration in one cloud; `key` is the connection's lasting id.

    One of three proves who we are: a federated assertion, read anew for each use; a certificate with its key; a secret.
    """

    cloud: Cloud
    client_id: str
    partner_tenant_id: str
    key: str
    secret: str | None = field(default=None, repr=False)
    private_key_pem: str | None = field(default=None, repr=False)
    certificate_pem: str | None = field(default=None, repr=False)
    read_assertion: Callable[[], str] | None = field(default=None, repr=False)


class NoCache(TokenCache):  # type: ignore[misc]  # msal comes without types
    """Keeps nothing: tokens live in our store, and MSAL's cache would write authorization codes to the debug log."""

    def add(self, event: dict[str, Any], now: float | None = None) -> None:
        """Where MSAL would store a token."""


def msal_app(
    credential: Credential,
    *,
    tenant_id: str,
    http: Http,
    discovery: DiscoveryCache | None = None,
    exclude_scopes: Sequence[str] = (),
) -> ConfidentialClientApplication:
    """An MSAL app for one tenant ; making it sends nothing but the process's first discovery.

    It keeps no tokens: one TokenCache for all tenants costs O(n) per look-up under a lock (MSAL 1.39, measured).
    """
    if not _TENANT.fullmatch(tenant_id):
        raise AccessDenied(f"{tenant_id[:100]!r} is no tenant id.", cause=Cause.TENANT_NOT_FOUND)
    login_http = LoginHttp(cloud=credential.cloud, http=http, discovery=discovery or shared_discovery)
    return ConfidentialClientApplication(
        credential.client_id,
        client_credential=_client_credential(credential),
        authority=f"{credential.cloud.login_url}/{tenant_id}",
        http_client=login_http,
        token_cache=NoCache(),
        instance_discovery=False,  # would ask the global cloud about every other cloud's host
        azure_region=False,
        exclude_scopes=list(exclude_scopes),
    )


class TokenSource:
    """Gives tokens for one connection, from the store where it can."""

    def __init__(
        self,
        credential: Credential,
        *,
        store: TokenStore,
        http: Http | None = None,
        discovery: DiscoveryCache | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._credential = credential
        self._store = store
        self._http = http or shared_http()
        self._discovery = discovery
        self._clock = clock

    def app_token(self, tenant_id: str, *, scope: str) -> Token:
        """A token of the app itself in this tenant (client credentials)."""
        key = self._key(tenant_id, scope=scope, delegated=False)
        token = self._in_hand(key)
        if token is None:
            answer = self._app(tenant_id).acquire_token_for_client([scope])
            token = self._keep(answer, key=key)
        return token

    def delegated_token(self, tenant_id: str, *, scope: str, refresh_token: str) -> tuple[Token, str | None]:
        """A token of the admin agent in this tenant, and the new refresh token where Microsoft rotated it.

        The caller holds the lock on the stored refresh token and keeps the new one before anything else.
        """
        key = self._key(tenant_id, scope=scope, delegated=True)
        token = self._in_hand(key)
        if token is not None:
            return token, None
        answer = self._app(tenant_id).acquire_token_by_refresh_token(refresh_token, [scope])
        token = self._keep(answer, key=key)
        rotated = answer.get("refresh_token")
        return token, str(rotated) if rotated and rotated != refresh_token else None

    def tokens_in_hand(self, tenant_ids: Sequence[str], *, scope: str, delegated: bool = False) -> dict[str, Token]:
        """The tokens of a batch that last five more minutes at least, by tenant id, with one look into the store."""
        keys = {self._key(tenant_id, scope=scope, delegated=delegated): tenant_id for tenant_id in tenant_ids}
        now = self._clock()
        found = self._store.get_many(list(keys)) if keys else {}
        return {keys[key]: token for key, token in found.items() if token.is_good_at(now)}

    def forget(self, tenant_ids: Sequence[str], *, scope: str) -> None:
        """Drop what is stored for these tenants: Microsoft refused a token, or access was taken away."""
        self._store.forget([self._key(t, scope=scope, delegated=d) for t in tenant_ids for d in (False, True)])

    def _key(self, tenant_id: str, *, scope: str, delegated: bool) -> str:
        who = "user" if delegated else "app"
        return "|".join((self._credential.cloud.name, self._credential.key, who, tenant_id, scope))

    def _in_hand(self, key: str) -> Token | None:
        token = self._store.get_many([key]).get(key)
        return token if token is not None and token.is_good_at(self._clock()) else None

    def _app(self, tenant_id: str) -> ConfidentialClientApplication:
        return msal_app(self._credential, tenant_id=tenant_id, http=self._http, discovery=self._discovery)

    def _keep(self, answer: Mapping[str, Any], *, key: str) -> Token:
        if "access_token" not in answer:
            problem = error_of(answer)
            logger.warning("No token for %s: %s (correlation id %s)", key, problem.detail, problem.correlation_id)
            raise problem
        try:
            expires_at = self._clock() + float(answer["expires_in"])
        except (KeyError, TypeError, ValueError) as error:
            raise UnexpectedAnswer("The token endpoint gave a token without expires_in.") from error
        token = Token(value=str(answer["access_token"]), expires_at=expires_at)
        self._store.put_many({key: token})
        return token


def _client_credential(credential: Credential) -> str | dict[str, Any]:
    if credential.read_assertion:
        return {"client_assertion": credential.read_assertion}
    if credential.secret:
        return credential.secret
    if credential.private_key_pem and credential.certificate_pem:
        try:
            key = load_pem_private_key(credential.private_key_pem.encode(), None, unsafe_skip_rsa_key_validation=True)
            if not isinstance(key, RSAPrivateKey):
                raise TypeError("no RSA key")
            load_pem_x509_certificate(credential.certificate_pem.encode())
        except (TypeError, ValueError) as error:
            raise AccessDenied(
                f"The key or the certificate of the connection {credential.key} can't be read as PEM, or is not RSA.",
                cause=Cause.SECRET_WRONG,
            ) from error
        return {"private_key": credential.private_key_pem, "public_certificate": credential.certificate_pem}
    raise AccessDenied(
        f"The connection {credential.key} has neither a token file, nor a certificate with its key, nor a secret.",
        cause=Cause.SECRET_WRONG,
    )
