"""The form of one link of the portal catalog."""

import re
from string import Formatter

from django import forms
from django.utils.translation import gettext_lazy as _

from csp_portal.microsoft.clouds import origin_of
from customers.models import PortalLink

VARIABLES = frozenset({"tid", "initial", "default"})
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
            used = {field for _text, field, _spec, _conversion in Formatter().parse(template) if field is not None}
        except ValueError as error:
            raise forms.ValidationError(
                _("Write an address that starts with https:// and a host; close every brace.")
            ) from error
        if _BLANKS.search(template):
            raise forms.ValidationError(_("An address holds no blanks."))
        if unknown := used - VARIABLES:
            raise forms.ValidationError(
                _("{%(name)s} is not known. These are: {tid}, {initial} and {default}."),
                params={"name": min(unknown)},
            )
        return template
