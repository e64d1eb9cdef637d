"""The form of a contact, and the one of a file of contacts."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Contact, Customer
from customers.phones import plain_phone

CONTROL = {"class": "form-control", "autocomplete": "off"}


def known_zone(text: str) -> str:
    """The time zone as it is, or nothing for the portal's; a ValidationError for one that nobody knows."""
    if text and text not in available_timezones():
        raise forms.ValidationError(_("“%(zone)s” is no time zone. Write for instance Asia/Taipei.") % {"zone": text})
    return text


def known_phone(text: str) -> str:
    """The number in plain form, or nothing; a ValidationError for what nobody can dial."""
    try:
        return plain_phone(text)
    except ValueError as error:
        words = _("“%(phone)s” is no phone number. Write for instance +886 2 2345 6789 or 02-2345-6789 #123.")
        raise forms.ValidationError(words % {"phone": text}) from error


class ContactForm(forms.ModelForm[Contact]):
    """Name, address, language and topics; the address is kept in small letters and stands once at a customer."""

    wants = forms.MultipleChoiceField(
        label=gettext_lazy("Wants to be told of"),
        required=False,
        choices=Contact.Topic.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Contact
        fields = ("name", "address", "phone", "language", "zone", "wants")
        widgets = {
            "name": forms.TextInput(attrs=CONTROL),
            "address": forms.EmailInput(attrs=CONTROL),
            "phone": forms.TextInput(attrs={**CONTROL, "type": "tel", "placeholder": "+886 2 2345 6789"}),
            "zone": forms.TextInput(attrs={**CONTROL, "placeholder": settings.TIME_ZONE}),
            "language": forms.Select(attrs={"class": "form-select"}),
        }

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        self.fields["language"].choices = settings.LANGUAGES  # type: ignore[attr-defined]  # of a ChoiceField

    def clean_name(self) -> str:
        return " ".join(str(self.cleaned_data["name"]).split())

    def clean_phone(self) -> str:
        return known_phone(str(self.cleaned_data["phone"]))

    def clean_zone(self) -> str:
        return known_zone(str(self.cleaned_data["zone"]))

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"]).lower()
        others = self.customer.contacts.filter(address=address, removed_at__isnull=True).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(_("This customer has a contact with this address already."))
        return address


class ContactFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy(
            "With a header line: customer (tenant ID or domain), name, mail, phone, language (en or zh-hant), wants "
            "(incidents, maintenance, changes). All lines are taken over, or none."
        ),
        widget=forms.FileInput(attrs={"class": "form-control", "accept": ".csv,text/csv"}),
    )
