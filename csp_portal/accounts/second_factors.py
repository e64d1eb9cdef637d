"""Adding and removing passkeys, the authenticator app and recovery codes: allauth's pages, with each change audited."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal.auth import begin_registration
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView, RemoveWebAuthnView
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache

from csp_portal.accounts.models import NEEDS_STRONG_PROOF
from csp_portal.accounts.step_up import confirmed_only, note_proof
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record

SECURITY = reverse_lazy("mfa_index")


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
        record(Action.PERSON_SECOND_FACTOR_REMOVED, by=user, about=user, before={"passkey": name})
        return answer


class AddApp(ActivateTOTPView):  # type: ignore[misc]  # allauth ships no types
    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        user = self.request.user
        record(Action.PERSON_SECOND_FACTOR_ADDED, by=user, about=user, after={"authenticator_app": True})
        return answer


class RemoveApp(DeactivateTOTPView):  # type: ignore[misc]  # allauth ships no types
    success_url = SECURITY

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        user = self.request.user
        record(Action.PERSON_SECOND_FACTOR_REMOVED, by=user, about=user, before={"authenticator_app": True})
        return answer


class MakeCodes(GenerateRecoveryCodesView):  # type: ignore[misc]  # allauth ships no types
    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        user = self.request.user
        record(Action.PERSON_SECOND_FACTOR_ADDED, by=user, about=user, after={"recovery_codes": True})
        return answer


add_passkey = confirmed_only(never_cache(AddPasskey.as_view()))
rename_passkey = confirmed_only(RenamePasskey.as_view())
remove_passkey = confirmed_only(RemovePasskey.as_view())
add_app = confirmed_only(never_cache(AddApp.as_view()))
remove_app = confirmed_only(RemoveApp.as_view())
make_codes = confirmed_only(MakeCodes.as_view())
show_codes = confirmed_only(never_cache(ViewRecoveryCodesView.as_view()))
