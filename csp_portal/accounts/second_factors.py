"""Adding and removing passkeys, the authenticator app and recovery codes: allauth's pages, with each change audited."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal.auth import begin_registration
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView, RemoveWebAuthnView
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.views.decorators.cache import never_cache

from csp_portal.accounts.models import NEEDS_STRONG_PROOF, User
from csp_portal.accounts.sessions import end_sessions
from csp_portal.accounts.step_up import confirmed_only, forget_passkey, note_proof
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record

SECURITY = reverse_lazy("mfa_index")


def by_passkey_where_there_is_one(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Whose role asks for a strong proof and who has a passkey shows it before passkeys are changed.

    Otherwise a stolen password and code would add the thief's own passkey, and with it open the role.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user: Any = request.user
        if user.held_to is not None and _passkeys_of(user).exists():
            return redirect(f"{reverse('account_strengthen')}?{urlencode({'next': request.get_full_path()})}")
        return view(request, *args, **kwargs)

    return guarded


class AddPasskey(AddWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        options = begin_registration(self.request.user, True)  # discoverable, and checks its person
        return {**context, "js_data": {"creation_options": options}}

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        user, name = self.request.user, form.cleaned_data["name"]
        record(Action.PERSON_SECOND_FACTOR_ADDED, by=user, about=user, after={"passkey": name})
        note_proof(self.request, method="mfa", type=str(Authenticator.Type.WEBAUTHN))
        return answer


class RenamePasskey(EditWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    success_url = SECURITY


class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    success_url = SECURITY

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        is_last = user.role in NEEDS_STRONG_PROOF and self.get_queryset().count() == 1
        return {**super().get_context_data(**kwargs), "is_last_of_the_mighty": is_last}

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        user, name = self.request.user, str(self.get_object())
        answer: HttpResponse = super().form_valid(form)
        end_sessions(user, but=self.request.session.session_key)  # the passkey may have opened them
        if not _passkeys_of(user).exists():
            forget_passkey(self.request)
        record(Action.PERSON_SECOND_FACTOR_REMOVED, by=user, about=user, before={"passkey": name})
        return answer


class Recorded:
    """A change of which the audit says no more than that it was made: the app, and the codes, are one each."""

    request: HttpRequest
    action: Action
    before: dict[str, bool] | None = None
    after: dict[str, bool] | None = None

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # the view this is mixed into
        user = cast(User, self.request.user)
        record(self.action, by=user, about=user, before=self.before, after=self.after)
        return answer


class AddApp(Recorded, ActivateTOTPView):  # type: ignore[misc]  # allauth ships no types
    action, after = Action.PERSON_SECOND_FACTOR_ADDED, {"authenticator_app": True}


class RemoveApp(Recorded, DeactivateTOTPView):  # type: ignore[misc]  # allauth ships no types
    success_url = SECURITY
    action, before = Action.PERSON_SECOND_FACTOR_REMOVED, {"authenticator_app": True}


class MakeCodes(Recorded, GenerateRecoveryCodesView):  # type: ignore[misc]  # allauth ships no types
    action, after = Action.PERSON_SECOND_FACTOR_ADDED, {"recovery_codes": True}


def _passkeys_of(user: Any) -> QuerySet[Authenticator]:
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return found


add_passkey = confirmed_only(by_passkey_where_there_is_one(never_cache(AddPasskey.as_view())))
rename_passkey = confirmed_only(RenamePasskey.as_view())
remove_passkey = confirmed_only(by_passkey_where_there_is_one(RemovePasskey.as_view()))
add_app = confirmed_only(never_cache(AddApp.as_view()))
remove_app = confirmed_only(RemoveApp.as_view())
make_codes = confirmed_only(MakeCodes.as_view())
show_codes = confirmed_only(never_cache(ViewRecoveryCodesView.as_view()))
