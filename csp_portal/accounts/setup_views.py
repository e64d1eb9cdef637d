"""The page behind the one-time address of create_owner; before and after it there is nothing here."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from csp_portal.accounts import setup
from csp_portal.accounts.entrance import enter
from csp_portal.accounts.forms import OwnerForm
from csp_portal.accounts.step_up import note_proof


@require_http_methods(["GET", "POST"])
@never_cache
@login_not_required
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    """Ask who the owner is, make them, sign them in and lead on to their passkey."""
    now = timezone.now()
    if not setup.opens(token, now=now):
        raise Http404
    form = OwnerForm(request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/set_up.html", {"form": form})
    facts = form.cleaned_data
    owner = setup.make_first_owner(token, email=facts["email"], name=facts["name"], password=facts["password"], now=now)
    if owner is None:
        raise Http404
    enter(request, owner, way="set-up")
    note_proof(request, method="password")
    return redirect("mfa_add_webauthn")
