"""Sign-in with Microsoft by authorization code with PKCE, for staff and for the consent of an admin agent."""

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from csp_portal.microsoft.aadsts import error_of
from csp_portal.microsoft.auth import Credential, msal_app
from csp_portal.microsoft.clouds import Cloud
from csp_portal.microsoft.http import Http, shared_http

# form_post would need a session cookie that other sites may send along (SameSite=None); PKCE, state and nonce protect
# the query mode.
warnings.filterwarnings("ignore", message="response_mode='form_post' is recommended", category=UserWarning)

CLOCK_SKEW_SECONDS = 120.0


class SignInRefused(ValueError):
    """The answer does not belong to this sign-in, this app or this tenant; the sentence says which."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """Who signed in. Identity is (tenant_id, object_id); name and email are for display only."""

    tenant_id: str
    object_id: str
    name: str
    email: str
    roles: tuple[str, ...]
    methods: tuple[str, ...]  # the amr claim: "pwd", "mfa", …
    refresh_token: str | None = field(default=None, repr=False)


def start_sign_in(
    credential: Credential,
    *,
    redirect_uri: str,
    extra_scopes: Sequence[str] = (),
    prompt: str = "select_account",
    http: Http | None = None,
) -> tuple[str, dict[str, Any]]:
    """Where to send the browser, and the flow (state, nonce, PKCE verifier) to keep in the session.

    `extra_scopes` makes it the consent of the Secure Application Model: a refresh token comes back. Without them no
    offline access is asked for.
    """
    app = msal_app(
        credential,
        tenant_id=credential.partner_tenant_id,
        http=http or shared_http(),
        exclude_scopes=() if extra_scopes else ("offline_access",),
    )
    flow = app.initiate_auth_code_flow(
        list(extra_scopes), redirect_uri=redirect_uri, prompt=prompt, response_mode="query"
    )
    return str(flow["auth_uri"]), dict(flow)


def finish_sign_in(
    credential: Credential,
    *,
    flow: Mapping[str, Any],
    answer: Mapping[str, str],
    http: Http | None = None,
) -> SignedIn:
    """Who came back. AccessDenied where Microsoft said no; SignInRefused where the answer is not for us."""
    app = msal_app(credential, tenant_id=credential.partner_tenant_id, http=http or shared_http())
    try:
        result = app.acquire_token_by_auth_code_flow(dict(flow), dict(answer))
    except (KeyError, ValueError, RuntimeError) as error:  # state or nonce differ, or neither code nor error came
        raise SignInRefused("The answer does not belong to the sign-in that was started here. Start again.") from error
    if "error" in result:
        raise error_of(result)
    claims = result.get("id_token_claims") or {}
    _check(claims, credential=credential, now=time.time())
    return SignedIn(
        tenant_id=claims["tid"],
        object_id=claims["oid"],
        name=str(claims.get("name", "")),
        email=str(claims.get("email") or claims.get("preferred_username") or ""),
        roles=tuple(str(role) for role in claims.get("roles") or ()),
        methods=tuple(str(method) for method in claims.get("amr") or ()),
        refresh_token=result.get("refresh_token"),
    )


def admin_consent_url(cloud: Cloud, *, client_id: str, tenant_id: str, redirect_uri: str, state: str) -> str:
    """Where an administrator of a customer lets our app in (learn.microsoft.com, v2-admin-consent)."""
    query = urlencode({"client_id": client_id, "redirect_uri": redirect_uri, "state": state})
    return f"{cloud.login_url}/{tenant_id}/adminconsent?{query}"


def _check(claims: Mapping[str, Any], *, credential: Credential, now: float) -> None:
    """The id token came straight from the token endpoint over TLS; MSAL (since 1.38) leaves these checks to the app."""
    tenant_id = str(claims.get("tid", ""))
    if tenant_id.lower() != credential.partner_tenant_id.lower():
        raise SignInRefused("This account belongs to another organization than the one configured here.")
    if claims.get("aud") != credential.client_id:
        raise SignInRefused("The sign-in was made for another application.")
    if not claims.get("oid"):
        raise SignInRefused("The sign-in names no account (oid).")
    issuer = f"{credential.cloud.login_url}/{tenant_id}/v2.0"
    if str(claims.get("iss", "")).lower() != issuer.lower():
        raise SignInRefused(f"The sign-in was not issued by {issuer}.")
    expires_at = claims.get("exp")
    if not isinstance(expires_at, int | float) or expires_at + CLOCK_SKEW_SECONDS < now:
        raise SignInRefused("The sign-in has expired. Start again, and check the clock of this server.")
