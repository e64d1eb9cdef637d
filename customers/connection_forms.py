"""The form of a connection; secrets go in and never come out again."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.federated import FederatedTokenError, is_offered, read_token, token_path
from customers.key_pairs import BadPair, check_pair
from customers.models import CloudChoice, Connection

_LINES = {"rows": 4, "spellcheck": "false", "autocomplete": "off"}
_WRITE_AN_ID = _("Write the ID as the Entra admin center shows it: 32 hexadecimal digits with dashes.")
_SEALED = ("sealed_client_secret", "sealed_private_key", "revoked_at")
_CONSENT = ("sealed_refresh_token", "refresh_token_at", "grant_refused")


class WriteOnlyTextarea(forms.Textarea):
    """Never sends back what was entered, not even beside an error."""

    def format_value(self, value: Any) -> None:
        return None


class ConnectionForm(forms.ModelForm[Connection]):
    """A connection has one of token file, certificate and client secret; what is left empty stays as it is stored."""

    client_secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        strip=True,
        max_length=1000,
        help_text=_("The value of the secret, not its ID."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    certificate = forms.CharField(
        label=_("Public certificate (PEM)"), required=False, max_length=20_000, widget=forms.Textarea(attrs=_LINES)
    )
    private_key = forms.CharField(
        label=_("Private key of the certificate (PEM)"),
        required=False,
        max_length=20_000,
        help_text=_("An RSA key without a passphrase."),
        widget=WriteOnlyTextarea(attrs=_LINES),
    )

    class Meta:
        model = Connection
        fields = (
            *("name", "cloud", "partner_tenant_id", "client_id", "auth_model", "signs_in_staff"),
            *("authentication_context", "certificate", "federated_token_file", "secret_expires_on"),
            "requests_per_minute",
        )
        widgets = {"secret_expires_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        help_texts = {
            "secret_expires_on": _("As Entra shows it beside the secret; the portal warns you before."),
            "federated_token_file": _(
                "The name of a file in PORTAL_FEDERATED_TOKEN_DIR that its issuer, such as Kubernetes, keeps fresh. In "
                "Entra the app registration trusts this issuer by a federated credential."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        described = set(settings.MICROSOFT_CLOUDS)
        self.fields["cloud"] = forms.ChoiceField(
            label=_("Cloud"), choices=[choice for choice in CloudChoice.choices if choice[0] in described]
        )
        for field in self.fields.values():
            kind = {forms.ChoiceField: "form-select", forms.BooleanField: "form-check-input"}
            field.widget.attrs["class"] = kind.get(type(field), "form-control")
            if isinstance(field, forms.UUIDField):
                field.error_messages["invalid"] = _WRITE_AN_ID
        self.fields["auth_model"].widget.attrs["class"] = "form-select"
        if not is_offered() and not self.instance.federated_token_file:
            del self.fields["federated_token_file"]
        self.had_certificate = self.instance.certificate
        self.initial.pop("certificate", None)

    @property
    def kept_secret(self) -> str:
        """What to say beside the empty field, or nothing where no secret is stored."""
        return gettext("A secret is stored. Leave this empty to keep it.") if self.instance.sealed_client_secret else ""

    @property
    def kept_key(self) -> str:
        is_stored = self.had_certificate and self.instance.sealed_private_key
        return gettext("A certificate with its key is stored. Leave both empty to keep them.") if is_stored else ""

    @property
    def has_new_secret(self) -> bool:
        cleaned, changed = self.cleaned_data, self.changed_data
        return bool(cleaned["client_secret"] or cleaned["private_key"] or "federated_token_file" in changed)

    def clean_cloud(self) -> str:
        cloud = str(self.cleaned_data["cloud"])
        stored = self.initial.get("cloud")
        if stored and stored != cloud and self.instance.customers.exists():
            raise forms.ValidationError(
                _("This connection has customers in the other cloud. Make a new connection for this one.")
            )
        return cloud

    def clean_federated_token_file(self) -> str:
        name = str(self.cleaned_data["federated_token_file"])
        if name:
            try:
                read_token(token_path(name))
            except FederatedTokenError as error:
                raise forms.ValidationError(str(error)) from error
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        names = ("client_secret", "certificate", "private_key", "federated_token_file")
        secret, certificate, key, token_file = (cleaned.get(name) for name in names)
        if sum(map(bool, (secret, certificate or key, token_file))) > 1:
            about = "client_secret" if secret else "certificate"
            self.add_error(about, _("Enter one only: a token file, a certificate with its key, or a client secret."))
        elif bool(certificate) != bool(key):
            self.add_error("private_key" if certificate else "certificate", _("A certificate and its key go together."))
        elif certificate and key:
            self._check_pair(certificate, key)
        elif not (secret or token_file or self.kept_secret or self.kept_key or self.errors):
            self.add_error("client_secret", _("Enter a certificate with its key, a token file, or the client secret."))
        return cleaned

    def _check_pair(self, certificate: str, key: str) -> None:
        try:
            check_pair(certificate=certificate, key=key)
        except BadPair as error:
            self.add_error(error.about, str(error))

    def save(self, commit: bool = True) -> Connection:
        """Seal what was entered; a stored sign-in of another application or tenant is worth nothing and goes."""
        connection = self.instance
        drops_consent = bool({"client_id", "partner_tenant_id", "cloud"} & set(self.changed_data))
        if drops_consent:
            connection.sealed_refresh_token, connection.refresh_token_at, connection.grant_refused = "", None, ""
        if self.has_new_secret:
            self._replace_credential()
        else:
            connection.certificate = self.had_certificate
        if connection._state.adding or not commit:
            return super().save(commit)
        # Only what was entered: meanwhile a worker may have renewed the refresh token on the same row, or `rotate_keys`
        # sealed the others under a new key.
        secrets = (*(_SEALED if self.has_new_secret else ()), *(_CONSENT if drops_consent else ()))
        connection.save(update_fields=[*self.Meta.fields, *secrets])
        return connection

    def _replace_credential(self) -> None:
        """What was entered takes the place of whatever was stored, of all three kinds."""
        connection, cleaned = self.instance, self.cleaned_data
        connection.seal_secret("client_secret", cleaned["client_secret"])
        connection.seal_secret("private_key", cleaned["private_key"])
        connection.revoked_at = None
        if not cleaned["client_secret"] or "secret_expires_on" not in self.changed_data:
            connection.secret_expires_on = None  # the day belonged to the secret before
