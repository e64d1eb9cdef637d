"""The form of one link of the portal catalog."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from csp_portal.microsoft.clouds import origin_of
from customers.models import PortalLink

VARIABLES = frozenset({"tid", "initial", "default"})
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_BLANKS = re.compile(r"[\s\x00-\x1f]")


class PortalLinkForm(forms.ModelForm[PortalLink]):
    """Title, address and whether it is shown; cloud, service and kind are the catalog's."""

    class Meta:
        model = PortalLink
        fields = ("title", "url_template", "is_enabled")
        widgets = {
            "title": forms.TextInput(attrs={"class": "form-control"}),
            "url_template": forms.TextInput(
                attrs={"class": "form-control id", "inputmode": "url", "spellcheck": "false"}
            ),
            "is_enabled": forms.CheckboxInput(attrs={"class": "form-check-input"}),
        }

    def clean_url_template(self) -> str:
        template = str(self.cleaned_data["url_template"])
        try:
            origin_of(template)
        except ValueError as error:
            raise forms.ValidationError(_("Write an address that starts with https:// and a host.")) from error
        if _BLANKS.search(template):
            raise forms.ValidationError(_("An address holds no blanks."))
        if set("{}") & set(_PLACEHOLDER.sub("", template)):
            raise forms.ValidationError(_("Braces hold one of these names only: {tid}, {initial} and {default}."))
        if unknown := set(_PLACEHOLDER.findall(template)) - VARIABLES:
            raise forms.ValidationError(
                _("{%(name)s} is not known. These are: {tid}, {initial} and {default}."),
                params={"name": min(unknown)},
            )
        return template
