"""The forms about people."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import Role, User


def _text(autocomplete: str, *, type: str = "text") -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", "autocomplete": autocomplete, "type": type})


ROLES = [(role.value, role.label) for role in Role]


class NewPersonForm(forms.Form):
    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError(_("Somebody signs in with this address already."))
        return email


class PersonForm(NewPersonForm):
    """A person who will sign in with a password."""

    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = forms.EmailField(
        label=_("Sign-in address"),
        help_text=_("A mail address; the link for a forgotten password goes there."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=ROLES[1:], initial=Role.VIEWER.value)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" if name == "role" else "form-control"


class OwnerForm(NewPersonForm):
    """The first owner, who chooses the password."""

    name = forms.CharField(label=_("Your name"), max_length=200, widget=_text("name"))
    email = forms.EmailField(label=_("Sign-in address"), max_length=254, widget=_text("username", type="email"))
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 14 characters. You add a passkey next; the password is for when you can't use it."),
        widget=_text("new-password", type="password"),
        strip=False,
    )

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        if "password" in facts:
            try:
                validate_password(facts["password"], User(email=facts.get("email"), name=facts.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return facts


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=ROLES)


class PreferencesForm(forms.Form):
    """Language and theme; what a request does not mention stays as it is."""

    language = forms.ChoiceField(choices=settings.LANGUAGES, required=False)
    theme = forms.ChoiceField(choices=User.Theme.choices, required=False)
