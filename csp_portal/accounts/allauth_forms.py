"""Forms of allauth's where it compares a password or a code: here each try is counted before."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts import entrance, throttle


class CountedChangePasswordForm(ChangePasswordForm):  # type: ignore[misc]  # allauth ships no types
    def clean_oldpassword(self) -> Any:
        if not get_adapter().reauthenticate(self.user, self.cleaned_data.get("oldpassword", "")):
            raise get_adapter().validation_error("enter_current_password")
        return self.cleaned_data["oldpassword"]


class CountedCode:
    """Before a code of the app or a recovery code is compared, the try is counted against its person."""

    user: Any
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code of the app, or a recovery code")
        self.fields["code"].widget.attrs = {"class": "form-control", "autocomplete": "one-time-code"}

    def clean_code(self) -> Any:
        now = timezone.now()
        if not throttle.take_try(throttle.CODE, str(self.user.pk), now=now):
            raise get_adapter().validation_error("too_many_login_attempts")
        try:
            code = super().clean_code()  # type: ignore[misc]  # the form this is mixed into
        except forms.ValidationError:
            entrance.note_failure(self.user, way="code")
            raise
        throttle.give_back(throttle.CODE, str(self.user.pk), now=now)
        return code


class CountedAuthenticateForm(CountedCode, AuthenticateForm):  # type: ignore[misc]  # allauth ships no types
    pass


class CountedReauthenticateForm(CountedCode, ReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    pass


class CredentialField(forms.JSONField):
    """What a browser says of a passkey; JSON that is nested without end is none."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput)

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except RecursionError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error


class PasskeyAuthenticateForm(AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    credential = CredentialField()


class PasskeyLoginForm(LoginWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    credential = CredentialField()


class PasskeyReauthenticateForm(ReauthenticateWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    credential = CredentialField()


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth ships no types
    """Every key is a passkey: it signs in by itself, so it has to check its person, by finger, face or PIN."""

    credential = CredentialField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["passwordless"]
        self.fields["name"].label = _("Name of the passkey")
        self.fields["name"].help_text = _("Such as “Laptop” or “Blue key”, so that you know it again.")
        self.fields["name"].widget.attrs = {"class": "form-control", "autocomplete": "off", "maxlength": "100"}

    def clean_name(self) -> str:
        return str(super().clean_name())[:100]

    def clean(self) -> Any:
        self.cleaned_data["passwordless"] = True
        return super().clean()
