"""Reads an id token: its signature is Microsoft's, and it is for us, of our tenant, and of now."""

import re
from collections.abc import Mapping
from typing import Any

import jwt

from csp_portal.microsoft.auth import Credential, shared_discovery
from csp_portal.microsoft.http import Http
from csp_portal.microsoft.signing_keys import ALGORITHM, SigningKey, SigningKeys

CLOCK_SKEW_SECONDS = 120.0

_TENANT = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_signing_keys = SigningKeys()
_CHECKED_BELOW = ("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss", "verify_sub")
_SIGNATURE_ONLY: Any = dict.fromkeys(_CHECKED_BELOW, False)


class SignInRefused(ValueError):
    """The answer does not belong to this sign-in, this app or this tenant; the sentence says which."""


def claims_of(id_token: str, *, credential: Credential, http: Http, tenant: str = "") -> dict[str, Any]:
    """The claims of a token that is good in every respect; SignInRefused says in which it is not.

    `tenant` names an authority for several organizations, whose tokens may then be of any of them.

    The checks of learn.microsoft.com/entra/identity-platform/id-tokens and claims-validation; MSAL makes none of them.
    The nonce is compared before, where the sign-in it belongs to is known.
    """
    key = _signing_key(id_token, credential=credential, http=http, tenant=tenant)
    try:
        claims: dict[str, Any] = jwt.decode(id_token, key.key, algorithms=[ALGORITHM], options=_SIGNATURE_ONLY)
    except jwt.InvalidTokenError as error:
        raise SignInRefused("The signature of the sign-in is not Microsoft's.") from error
    _check_origin(claims, credential=credential, key=key, is_any_tenant=bool(tenant))
    _check_time(claims, now=http.clock())
    return claims


def _signing_key(id_token: str, *, credential: Credential, http: Http, tenant: str) -> SigningKey:
    try:
        header = jwt.get_unverified_header(id_token)
    except jwt.InvalidTokenError as error:
        raise SignInRefused("The sign-in holds no readable token.") from error
    if header.get("alg") != ALGORITHM:
        raise SignInRefused("The sign-in is not signed the way Microsoft signs (RS256).")
    cloud, tenant_id = credential.cloud, tenant or credential.partner_tenant_id
    document = shared_discovery.document(cloud=cloud, tenant_id=tenant_id, http=http)
    key = _signing_keys.find(str(header.get("kid", "")), cloud=cloud, jwks_uri=str(document["jwks_uri"]), http=http)
    if key is None:
        raise SignInRefused("The sign-in is signed with a key that Microsoft does not publish.")
    return key


def _check_origin(claims: Mapping[str, Any], *, credential: Credential, key: SigningKey, is_any_tenant: bool) -> None:
    tenant_id = str(claims.get("tid", ""))
    if is_any_tenant and not _TENANT.fullmatch(tenant_id):
        raise SignInRefused("The sign-in names no organization (tid).")
    if not is_any_tenant and tenant_id.lower() != credential.partner_tenant_id.lower():
        raise SignInRefused("This account belongs to another organization than the one configured here.")
    if claims.get("aud") != credential.client_id:
        raise SignInRefused("The sign-in was made for another application.")
    if not claims.get("oid"):
        raise SignInRefused("The sign-in names no account (oid).")
    issuer = f"{credential.cloud.login_url}/{tenant_id}/v2.0".lower()
    signer = key.issuer.replace("{tenantid}", tenant_id).lower() or issuer
    if str(claims.get("iss", "")).lower() != issuer or signer != issuer:
        raise SignInRefused("The sign-in was issued by somebody else than the organization configured here.")


def _check_time(claims: Mapping[str, Any], *, now: float) -> None:
    expires_at, begins_at = claims.get("exp"), claims.get("nbf", now)
    if not isinstance(expires_at, int | float) or expires_at + CLOCK_SKEW_SECONDS < now:
        raise SignInRefused("The sign-in has expired. Start again, and check the clock of this server.")
    if not isinstance(begins_at, int | float) or begins_at - CLOCK_SKEW_SECONDS > now:
        raise SignInRefused("The sign-in is not valid yet. Check the clock of this server.")
