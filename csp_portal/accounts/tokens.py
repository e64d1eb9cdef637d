"""API tokens of the person signed in: made, listed and revoked on their own page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST, require_safe
from knox.models import AuthToken
from knox.settings import knox_settings

from csp_portal.accounts.rights import Capability, SignedInRequest, requires


@requires(Capability.SEE_CUSTOMERS)
@require_safe
def token_list(request: SignedInRequest) -> HttpResponse:
    return _tokens(request)


@requires(Capability.SEE_CUSTOMERS)
@require_POST
def token_new(request: SignedInRequest) -> HttpResponse:
    """Make a token and show it this once; only its hash is kept."""
    if AuthToken.objects.filter(user=request.user).count() >= knox_settings.TOKEN_LIMIT_PER_USER:
        return _tokens(request, is_full=True)
    _, plain = AuthToken.objects.create(user=request.user)
    return _tokens(request, plain=plain)


@requires(Capability.SEE_CUSTOMERS)
@require_POST
def token_revoke(request: SignedInRequest, key: str) -> HttpResponse:
    AuthToken.objects.filter(user=request.user, token_key=key).delete()
    return _tokens(request)


def _tokens(request: SignedInRequest, *, plain: str = "", is_full: bool = False) -> HttpResponse:
    context = {
        "tokens": AuthToken.objects.filter(user=request.user).order_by("-created"),
        "plain": plain,
        "is_full": is_full,
        "now": timezone.now(),
    }
    answer = render(request, "accounts/_tokens.html", context)
    add_never_cache_headers(answer)
    return answer
