"""Confirming that it is you: by the best means the person has, and back to where they were."""

from typing import Any, cast
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from csp_portal.accounts.models import User
from csp_portal.accounts.redirects import next_of
from customers.models import Connection


def ways_to_confirm(user: User, *, address: str) -> list[dict[str, str]]:
    """What this person can confirm with, the best first: id, words and url of each, which leads on to the address."""
    ways = [
        {"id": way["id"], "words": way["description"], "url": f"{way['url']}?{urlencode({'next': address})}"}
        for way in get_adapter().get_reauthentication_methods(user)
    ]
    connection = _connection_of(user)
    if connection is not None:
        start = reverse("accounts:microsoft_start", args=[connection.pk])
        query = urlencode({"step_up": "1", "next": address})
        ways.append({"id": "microsoft", "words": _("Confirm with Microsoft"), "url": f"{start}?{query}"})
    return ways


@require_GET
@never_cache
def confirm(request: HttpRequest) -> HttpResponse:
    """Lead on to the best way this person has."""
    ways = ways_to_confirm(cast(User, request.user), address=next_of(request))
    return redirect(ways[0]["url"]) if ways else render(request, "account/confirm_impossible.html")


@require_GET
def confirmed(request: HttpRequest) -> HttpResponse:
    """Where a confirmation ends that was opened beside a form."""
    return render(request, "account/confirmed.html")


@require_GET
@never_cache
def strengthen(request: HttpRequest) -> HttpResponse:
    """Lead whose role asks for more than a password to what gives it: their passkey, Microsoft, or a first passkey."""
    user, address = cast(User, request.user), next_of(request)
    ways = {way["id"]: way["url"] for way in ways_to_confirm(user, address=address)}
    strong = ways.get("mfa_reauthenticate:webauthn") or ways.get("microsoft")
    return redirect(strong or reverse("mfa_add_webauthn"))


class OtherWays:
    """For allauth's confirmation pages: the person's other ways, in our order and with Microsoft among them."""

    request: HttpRequest

    def get_reauthentication_alternatives(self) -> list[dict[str, str]]:
        ways = ways_to_confirm(cast(User, self.request.user), address=next_of(self.request))
        return [way for way in ways if way["url"].partition("?")[0] != self.request.path]


class ConfirmByPassword(OtherWays, ReauthenticateView):  # type: ignore[misc]  # allauth ships no types
    pass


class ConfirmByCode(OtherWays, ReauthenticateByCodeView):  # type: ignore[misc]  # allauth ships no types
    pass


class ConfirmByPasskey(OtherWays, ReauthenticateWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    def form_invalid(self, form: Any) -> HttpResponse:
        """allauth would lead to the sign-in page and lose where the person was going."""
        answer: HttpResponse = self.render_to_response(self.get_context_data(form=form))
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(), **kwargs}


confirm_by_password = never_cache(ConfirmByPassword.as_view())
confirm_by_code = never_cache(ConfirmByCode.as_view())
confirm_by_passkey = never_cache(ConfirmByPasskey.as_view())


def _connection_of(user: User) -> Connection | None:
    """The connection through which this person signs in with Microsoft."""
    if user.microsoft_tenant_id is None:
        return None
    return Connection.objects.filter(partner_tenant_id=user.microsoft_tenant_id, signs_in_staff=True).first()
