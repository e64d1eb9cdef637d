"""Proof of who sits there: what a person showed in this session, and the page that asks for it again."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse


def proofs_of(request: HttpRequest) -> list[dict[str, Any]]:
    """What the person signed in has shown in this session, oldest first; none with an API token."""
    if not hasattr(request, "session") or not request.user.is_authenticated:
        return []
    return list(get_authentication_records(request, request.user))


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the person proved within ACCOUNT_REAUTHENTICATION_TIMEOUT seconds who they are, by whatever means."""
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(proof["at"] > since for proof in proofs_of(request))


def has_strong_proof(request: HttpRequest) -> bool:
    """Whether this session was opened or confirmed with a passkey, or with more than a password at Microsoft."""
    return any(
        proof.get("type") == "webauthn" or (proof["method"] == "microsoft" and proof.get("mfa") is True)
        for proof in proofs_of(request)
    )


def note_proof(request: HttpRequest, *, method: str, **facts: Any) -> None:
    """Keep in the session that the person signed in has just shown this, such as method="microsoft", mfa=True."""
    record_authentication(request, request.user, method=method, reauthenticated=True, **facts)


def forget_passkey(request: HttpRequest) -> None:
    """No passkey counts in this session any more: the person has just removed their last one."""
    kept = [proof for proof in proofs_of(request) if proof.get("type") != "webauthn"]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = kept


def confirmed_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For views that ask for no capability, such as those on one's own passkeys; elsewhere `requires` does it."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if is_confirmed(request) else ask_again(request)

    cast(Any, guarded).step_up = True
    return guarded


def ask_again(request: HttpRequest) -> HttpResponseBase:
    """What an unconfirmed person gets: a page waits until they confirmed, a form is kept where it was filled in."""
    if request.headers.get("HX-Request") == "true":
        answer = render(request, "account/_confirm_first.html", {"confirm_url": _confirm_url("")}, status=403)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#toasts", "beforeend"
        return answer
    if request.method in ("GET", "HEAD"):
        return redirect(_confirm_url(request.get_full_path()))
    return render(request, "account/confirm_first.html", {"confirm_url": _confirm_url("")}, status=403)


def _confirm_url(address: str) -> str:
    return f"{reverse('account_confirm')}?{urlencode({'next': address or reverse('account_confirmed')})}"
