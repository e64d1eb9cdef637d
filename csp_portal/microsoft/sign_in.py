"""Sign-in with Microsoft by authorization code with PKCE, for staff and for the consent of an admin agent."""

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from csp_portal.microsoft.aadsts import error_of
from csp_portal.microsoft.auth import Credential, msal_app
from csp_portal.microsoft.clouds import Cloud
from csp_portal.microsoft.http import Http, shared_http
from csp_portal.microsoft.id_token import SignInRefused, claims_of

__all__ = ["ANY_ORGANIZATION", "SignInRefused", "SignedIn", "admin_consent_url", "finish_sign_in", "start_sign_in"]

# form_post would need a session cookie that other sites may send along (SameSite=None); PKCE, state and nonce protect
# the query mode.
warnings.filterwarnings("ignore", message="response_mode='form_post' is recommended", category=UserWarning)

# "mfa", and "ngcmfa", "equivalent to mfa": learn.microsoft.com, access-tokens, the amr claim.
MFA_METHODS = frozenset({"mfa", "ngcmfa"})
STEP_UP_SKEW_SECONDS = 30.0  # so far our clock may be ahead of Microsoft's
_ASKED_AT = "portal_asked_at"
# The authority where people of every organization sign in (learn.microsoft.com, v2-protocols, endpoints).
ANY_ORGANIZATION = "organizations"


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """Who signed in. Identity is (tenant_id, object_id); name and email are for display only."""

    tenant_id: str
    object_id: str
    name: str
    email: str
    username: str  # the preferred_username claim: changes with the account's name, but is of a verified domain
    roles: tuple[str, ...]
    groups: tuple[str, ...]  # object ids
    has_hidden_groups: bool  # more groups than a token holds, so it names none of them
    methods: tuple[str, ...]  # the amr claim: "pwd", "mfa", …
    contexts: tuple[str, ...]  # the acrs claim: the authentication contexts whose policy was met
    shown_at: float  # the auth_time claim, in seconds since 1970; 0 where the token does not say
    refresh_token: str | None = field(default=None, repr=False)

    def proves_mfa(self, *, context: str) -> bool:
        """Whether the token says that a second factor was shown; `context` is the one that was asked for, or empty."""
        return not MFA_METHODS.isdisjoint(self.methods) or (bool(context) and context in self.contexts)


def start_sign_in(
    credential: Credential,
    *,
    redirect_uri: str,
    extra_scopes: Sequence[str] = (),
    context: str = "",
    is_step_up: bool = False,
    tenant: str = "",
    http: Http | None = None,
) -> tuple[str, dict[str, Any]]:
    """Where to send the browser, and the flow (state, nonce, PKCE verifier) to keep in the session.

    `extra_scopes` makes it the consent of the Secure Application Model: a refresh token comes back. Without them no
    offline access is asked for. `context` is a Conditional Access authentication context ("c1") that must be met.
    With `is_step_up` the person has to sign in anew, whatever session the browser has at Microsoft. `tenant` is where
    people sign in: the partner's own, unless ANY_ORGANIZATION is said.
    """
    http = http or shared_http()
    app = msal_app(
        credential,
        tenant_id=tenant or credential.partner_tenant_id,
        http=http,
        exclude_scopes=() if extra_scopes else ("offline_access",),
    )
    flow = app.initiate_auth_code_flow(
        list(extra_scopes),
        redirect_uri=redirect_uri,
        prompt="login" if is_step_up else "select_account",
        response_mode="query",
        max_age=0 if is_step_up else None,
        claims_challenge=None if tenant else json.dumps(_asked_claims(context=context, is_step_up=is_step_up)),
    )
    kept = {name: value for name, value in flow.items() if name != "max_age"}  # MSAL would allow two minutes of it
    return str(flow["auth_uri"]), {**kept, **({_ASKED_AT: http.clock()} if is_step_up else {})}


def finish_sign_in(
    credential: Credential,
    *,
    flow: Mapping[str, Any],
    answer: Mapping[str, str],
    tenant: str = "",
    http: Http | None = None,
) -> SignedIn:
    """Who came back. AccessDenied where Microsoft said no; SignInRefused where the answer is not for us.

    `tenant` is what the sign-in was started with; with ANY_ORGANIZATION the caller decides by the tenant id.
    """
    http = http or shared_http()
    app = msal_app(credential, tenant_id=tenant or credential.partner_tenant_id, http=http)
    started = dict(flow)
    asked_at = started.pop(_ASKED_AT, None)
    try:
        result = app.acquire_token_by_auth_code_flow(started, dict(answer))
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        # state or nonce differ, neither code nor error came, or the token is none
        raise SignInRefused("The answer does not belong to the sign-in that was started here. Start again.") from error
    if "error" in result:
        raise error_of(result)
    claims = claims_of(str(result.get("id_token", "")), credential=credential, http=http, tenant=tenant)
    if asked_at is not None:
        _check_is_new(claims, asked_at=asked_at)
    return _signed_in(claims, refresh_token=result.get("refresh_token"))


def admin_consent_url(cloud: Cloud, *, client_id: str, tenant_id: str, redirect_uri: str, state: str) -> str:
    """Where an administrator of a customer lets our app in (learn.microsoft.com, v2-admin-consent)."""
    query = urlencode({"client_id": client_id, "redirect_uri": redirect_uri, "state": state})
    return f"{cloud.login_url}/{tenant_id}/adminconsent?{query}"


def _asked_claims(*, context: str, is_step_up: bool) -> dict[str, Any]:
    """The `claims` parameter: the proof of a second factor and the moment it was shown, without which no step-up ends.

    learn.microsoft.com, developer-guide-conditional-access-authentication-context (acrs) and optional-claims-reference
    (auth_time). Tokens of version 2.0 are not documented to carry amr, so a connection should name a context.
    """
    proof = (
        {"acrs": {"essential": True, "value": context}} if context else {"amr": {"essential": True, "values": ["mfa"]}}
    )
    return {"id_token": {**proof, "auth_time": {"essential": True} if is_step_up else None}}


def _check_is_new(claims: Mapping[str, Any], *, asked_at: float) -> None:
    """What Microsoft's session remembers from before the step-up was asked for is no proof of who sits there now."""
    shown_at = claims.get("auth_time")
    if not isinstance(shown_at, int | float):
        raise SignInRefused(
            "Microsoft does not say when you signed in (auth_time), so it can't count as a new sign-in."
        )
    if shown_at < asked_at - STEP_UP_SKEW_SECONDS:
        raise SignInRefused("Microsoft used an older sign-in. Sign in anew when Microsoft asks for it.")


def _signed_in(claims: Mapping[str, Any], *, refresh_token: str | None) -> SignedIn:
    hidden, shown_at = claims.get("_claim_names"), claims.get("auth_time")
    return SignedIn(
        tenant_id=str(claims["tid"]),
        object_id=str(claims["oid"]),
        name=str(claims.get("name", "")),
        email=str(claims.get("email") or claims.get("preferred_username") or ""),
        username=str(claims.get("preferred_username") or ""),
        roles=_words(claims.get("roles")),
        groups=_words(claims.get("groups")),
        has_hidden_groups=bool(claims.get("hasgroups")) or (isinstance(hidden, dict) and "groups" in hidden),
        methods=_words(claims.get("amr")),
        contexts=_words(claims.get("acrs")),
        shown_at=float(shown_at) if isinstance(shown_at, int | float) else 0.0,
        refresh_token=refresh_token,
    )


def _words(claim: Any) -> tuple[str, ...]:
    """A list of texts, or one text that holds several."""
    if isinstance(claim, str):
        return tuple(word for word in re.split(r"[\s,]+", claim) if word)
    return tuple(str(word) for word in claim) if isinstance(claim, list) else ()
