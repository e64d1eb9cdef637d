"""API tokens: made, listed and revoked by the person they speak for, and seen and revoked by owners."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from knox.settings import knox_settings

from csp_portal.accounts.models import ApiToken, User
from csp_portal.accounts.rights import Capability, SignedInRequest, requires, scopes_for
from csp_portal.accounts.token_forms import TokenForm
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.audit.origin import current_origin


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def token_list(request: SignedInRequest) -> HttpResponse:
    return _tokens(request)


@require_POST
@requires(Capability.SEE_CUSTOMERS, step_up=True)
@transaction.atomic
def token_new(request: SignedInRequest) -> HttpResponse:
    """Make a token and show it this once; only its hash is kept."""
    if ApiToken.objects.filter(user=request.user).count() >= knox_settings.TOKEN_LIMIT_PER_USER:
        return _tokens(request, is_full=True)
    form = TokenForm(request.POST, scopes=scopes_for(request.user))
    if not form.is_valid():
        return _tokens(request, form=form)
    token, plain = ApiToken.objects.create(
        user=request.user,
        expiry=form.lifetime,
        name=form.cleaned_data["name"],
        scopes=form.cleaned_data["scopes"],
        made_from=current_origin().address,
    )
    after = {"token": str(token), "scopes": token.scopes, "valid until": token.expiry}
    record(Action.TOKEN_MADE, by=request.user, about=request.user, after=after)
    return _tokens(request, plain=plain)


@require_POST
@requires(Capability.SEE_CUSTOMERS)
def token_revoke(request: SignedInRequest, key: str) -> HttpResponse:
    if _revoke(ApiToken.objects.filter(user=request.user, token_key=key), by=request.user):
        messages.success(request, _("The token is revoked. Whatever used it gets no answer any more."))
    return _tokens(request)


@require_safe
@requires(Capability.MANAGE_PORTAL, step_up=True)
def all_tokens(request: SignedInRequest) -> HttpResponse:
    tokens = ApiToken.objects.select_related("user").order_by("user__name", "-created")
    return render(request, "accounts/all_tokens.html", {"tokens": tokens, "now": timezone.now()})


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def any_token_revoke(request: SignedInRequest, key: str) -> HttpResponse:
    if _revoke(ApiToken.objects.filter(token_key=key), by=request.user):
        messages.success(request, _("The token is revoked. Whatever used it gets no answer any more."))
    return redirect("accounts:all_tokens")


@transaction.atomic
def _revoke(tokens: Any, *, by: User) -> int:
    gone = list(tokens.select_related("user").select_for_update(of=("self",)))
    for token in gone:
        record(Action.TOKEN_REVOKED, by=by, about=token.user, before={"token": str(token), "scopes": token.scopes})
        token.delete()
    return len(gone)


def _tokens(
    request: SignedInRequest, *, plain: str = "", is_full: bool = False, form: TokenForm | None = None
) -> HttpResponse:
    context = {
        "tokens": ApiToken.objects.filter(user=request.user).order_by("-created"),
        "form": form or TokenForm(scopes=scopes_for(request.user)),
        "plain": plain,
        "is_full": is_full,
        "now": timezone.now(),
    }
    is_fragment = request.headers.get("HX-Request") == "true"
    context["is_answer"] = is_fragment and request.method == "POST"
    answer = render(request, "accounts/_tokens.html" if is_fragment else "accounts/tokens.html", context)
    add_never_cache_headers(answer)
    return answer
