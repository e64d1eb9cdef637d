"""What is asked for: everything about the customer, or about one person there."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ExportForm(forms.Form):
    address = forms.EmailField(label=_("Only of the person with this mail address"), required=False, max_length=320)
