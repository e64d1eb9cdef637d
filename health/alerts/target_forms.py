"""The form of a target: where alerts are sent."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.notices.models import Target
from csp_portal.outgoing import LONGEST_ADDRESS, AddressRefused, check_address

MOST_ADDRESSES = 20
_SEPARATORS = re.compile(r"[\s,;，、]+")


class TargetForm(forms.ModelForm[Target]):
    """The address is looked at now and again at each sending; it is kept sealed and never shown."""

    addresses = forms.CharField(
        label=gettext_lazy("Mail addresses"),
        help_text=gettext_lazy("One a line; for mail alone."),
        required=False,
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control", "spellcheck": "false"}),
    )
    url = forms.CharField(
        label=gettext_lazy("Address of the webhook"),
        help_text=gettext_lazy("Begins with https://, as Teams, Slack or your program names it. It is kept sealed."),
        required=False,
        max_length=LONGEST_ADDRESS,
        widget=forms.TextInput(attrs={"class": "form-control id", "autocomplete": "off", "spellcheck": "false"}),
    )
    new_key = forms.BooleanField(label=gettext_lazy("Make a new signing key and show it"), required=False)

    class Meta:
        model = Target
        fields = ("name", "way", "language", "is_enabled")
        widgets = {
            "name": forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
            "way": forms.Select(attrs={"class": "form-select"}),
            "language": forms.Select(attrs={"class": "form-select"}),
            "is_enabled": forms.CheckboxInput(attrs={"class": "form-check-input"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_new = self.instance._state.adding
        self.fields["new_key"].widget.attrs["class"] = "form-check-input"
        if not self.is_new:
            self.fields["way"].disabled = True
            self.initial["addresses"] = "\n".join(self.instance.addresses)

    def clean_addresses(self) -> list[str]:
        found = list(dict.fromkeys(filter(None, _SEPARATORS.split(self.cleaned_data["addresses"]))))
        if len(found) > MOST_ADDRESSES:
            raise ValidationError(_("Write at most %(most)d addresses.") % {"most": MOST_ADDRESSES})
        for address in found:
            validate_email(address)
        return found

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        if url:
            try:
                check_address(url)
            except AddressRefused as error:
                raise ValidationError(str(error)) from error
        return url

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("way") == Target.Way.MAIL:
            if "addresses" in told and not told["addresses"]:
                self.add_error("addresses", _("Write at least one mail address."))
        elif self.is_new and "url" in told and not told["url"]:
            self.add_error("url", _("Write the address that the alerts are sent to."))
        return told
