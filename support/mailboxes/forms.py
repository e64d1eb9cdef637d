"""The form of a mailbox; the password is kept sealed and never shown."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Connection
from support.models import Mailbox, Queue

Kind, Afterwards = Mailbox.Kind, Mailbox.Afterwards
# What decides which mails lie there: with another of these, it is read from the beginning.
PLACE = ("kind", "address", "host", "port", "user", "connection", "folder")
_HOST = re.compile(r"(?:[a-z0-9-]+\.)*[a-z0-9-]+", re.IGNORECASE)


def _input(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", "autocomplete": "off", **attrs})


class MailboxForm(forms.ModelForm[Mailbox]):
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"class": "form-control", "autocomplete": "new-password"}),
    )

    class Meta:
        model = Mailbox
        fields = (
            *("name", "kind", "address", "queue", "host", "port", "user", "connection", "folder"),
            *("afterwards", "moved_to", "sends_replies", "is_enabled"),
        )
        help_texts = {
            "user": gettext_lazy("Empty where it is the mail address."),
            "connection": gettext_lazy("Its app registration asks Microsoft for the token."),
            "queue": gettext_lazy("New tickets from this mailbox wait here."),
            "folder": gettext_lazy("At the first reading only unread mails are taken in; afterwards all that come."),
        }
        widgets = {
            "name": _input(),
            "kind": forms.Select(attrs={"class": "form-select"}),
            "address": forms.EmailInput(attrs={"class": "form-control", "autocomplete": "off"}),
            "queue": forms.Select(attrs={"class": "form-select"}),
            "host": _input(placeholder="imap.example.com", spellcheck="false"),
            "port": forms.NumberInput(attrs={"class": "form-control"}),
            "user": _input(spellcheck="false"),
            "connection": forms.Select(attrs={"class": "form-select"}),
            "folder": _input(),
            "afterwards": forms.Select(attrs={"class": "form-select"}),
            "moved_to": _input(),
            "sends_replies": forms.CheckboxInput(attrs={"class": "form-check-input"}),
            "is_enabled": forms.CheckboxInput(attrs={"class": "form-check-input"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = self.instance._state.adding
        self.fields["queue"] = forms.ModelChoiceField(
            label=gettext_lazy("Queue"),
            empty_label=None,
            queryset=Queue.objects.filter(is_used=True).order_by("name"),
            help_text=self.fields["queue"].help_text,
            widget=self.fields["queue"].widget,
        )
        self.fields["connection"] = forms.ModelChoiceField(
            label=gettext_lazy("Connection"),
            empty_label=gettext_lazy("none"),
            queryset=Connection.objects.order_by("name"),
            required=False,
            help_text=self.fields["connection"].help_text,
            widget=self.fields["connection"].widget,
        )

    def clean_host(self) -> str:
        """Where it leads is looked at when the mailbox is read: no page asks the resolver."""
        host = str(self.cleaned_data["host"]).strip()
        if host and not _HOST.fullmatch(host):
            raise ValidationError(_("Write the name of the mail server alone, for instance imap.example.com."))
        return host.lower()

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        kind = told.get("kind")
        if kind != Kind.GRAPH and "host" in told and not told["host"]:
            self.add_error("host", _("Write the name of the mail server."))
        if kind == Kind.IMAP:
            self._check_password(told)
        elif kind and "connection" in told and told["connection"] is None:
            self.add_error("connection", _("Choose the connection that asks Microsoft for the token."))
        if told.get("afterwards") == Afterwards.MOVE:
            self._check_target(told)
        return told

    def _check_password(self, told: dict[str, Any]) -> None:
        """A stored one belongs to its server: it is not shown to another that somebody enters here."""
        if told.get("password"):
            return
        if not self.instance.sealed_password:
            self.add_error("password", _("Enter the password of the mailbox."))
        elif {"host", "port", "user", "address"} & set(self.changed_data):
            self.add_error("password", _("Enter the password anew: the stored one is for the former server and user."))

    def _check_target(self, told: dict[str, Any]) -> None:
        moved_to, folder = str(told.get("moved_to", "")), str(told.get("folder", ""))
        if not moved_to:
            self.add_error("moved_to", _("Write the folder that mails are moved to."))
        elif moved_to.casefold() == folder.casefold():
            self.add_error("moved_to", _("This is the folder that is read. Mails have to be moved to another one."))

    @property
    def leads_elsewhere(self) -> bool:
        return bool(set(PLACE) & set(self.changed_data))
