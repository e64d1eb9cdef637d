"""How I sign in: the person's passkeys, app, recovery codes and sessions, on one page."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from csp_portal.accounts.devices import name_of_device
from csp_portal.accounts.models import Session, User
from csp_portal.accounts.sessions import end_sessions
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record


@dataclass(frozen=True, kw_only=True)
class OpenSession:
    """A session to show; its mark names it without giving its key away."""

    mark: str
    device: str
    address: str | None
    began_at: datetime | None
    seen_at: datetime | None
    is_this: bool


@require_GET
@never_cache
def security(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    factors = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    codes = next((one.wrap() for one in factors if one.type == Authenticator.Type.RECOVERY_CODES), None)
    context = {
        "passkeys": [one for one in factors if one.type == Authenticator.Type.WEBAUTHN],
        "app": next((one for one in factors if one.type == Authenticator.Type.TOTP), None),
        "codes_left": len(codes.get_unused_codes()) if codes else None,
        "sessions": _open_sessions(request, user),
    }
    return render(request, "accounts/security.html", context)


@require_POST
def session_end(request: HttpRequest, mark: str) -> HttpResponse:
    """End one other session of one's own."""
    user = cast(User, request.user)
    found = next((row for row in Session.objects.filter(person=user) if _mark_of(row) == mark), None)
    if found is None:
        raise Http404
    found.delete()
    record(Action.PERSON_SESSIONS_ENDED, by=user, about=user, after={"sessions_ended": 1})
    messages.success(request, _("The session has ended."))
    return redirect("mfa_index")


@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    """End all other sessions of one's own."""
    user = cast(User, request.user)
    count = end_sessions(user, but=request.session.session_key)
    record(Action.PERSON_SESSIONS_ENDED, by=user, about=user, after={"sessions_ended": count})
    text = ngettext("%(count)s other session has ended.", "%(count)s other sessions have ended.", count)
    messages.success(request, text % {"count": count})
    return redirect("mfa_index")


def _open_sessions(request: HttpRequest, user: User) -> list[OpenSession]:
    rows = Session.objects.filter(person=user, expire_date__gt=timezone.now()).order_by("-seen_at")
    return [
        OpenSession(
            mark=_mark_of(row),
            device=name_of_device(row.device),
            address=row.address,
            began_at=row.began_at,
            seen_at=row.seen_at,
            is_this=row.session_key == request.session.session_key,
        )
        for row in rows
    ]


def _mark_of(row: Session) -> str:
    return hashlib.sha256(row.session_key.encode()).hexdigest()[:20]
