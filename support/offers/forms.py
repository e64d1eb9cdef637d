"""The forms of offers: a draft, a pattern of the catalogue, and that somebody was told."""

import re
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Contact
from support.models import OFFERED_FAMILIES, OfferVersion, SupportOffer
from support.offers.publishing import CALENDARS, CONTENT, TEXTS

FAMILIES = [("", gettext_lazy("All products")), *((one.value, one.label) for one in OFFERED_FAMILIES)]
_EMPTY = {
    "calendar": gettext_lazy("As the promised times, else around the clock"),
    "policy": gettext_lazy("None: as the customer's tier"),
    "per": gettext_lazy("once"),
}


class ContentForm(forms.ModelForm[OfferVersion]):
    """What a version says; whether it is enough is asked when it is published."""

    page = forms.URLField(label=gettext_lazy("Web page"), required=False, assume_scheme="https", max_length=200)

    class Meta:
        model = OfferVersion
        fields: tuple[str, ...] = CONTENT

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            kind = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs["class"] = kind
            if name in TEXTS:
                field.widget.attrs["rows"] = 4
        for name in (*CALENDARS, "policy"):
            choice: Any = self.fields[name]
            choice.queryset = choice.queryset.order_by("name")
            choice.empty_label = _EMPTY.get(name, gettext_lazy("Not said"))

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).upper()
        if currency and not re.fullmatch("[A-Z]{3}", currency):
            raise forms.ValidationError(_("Write the three letters of a currency, such as TWD."))
        return currency

    def clean_amount(self) -> Any:
        amount = self.cleaned_data["amount"]
        if amount is not None and amount < 0:
            raise forms.ValidationError(_("A price is never negative."))
        return amount

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("amount") is not None and "currency" in cleaned and not cleaned["currency"]:
            self.add_error("currency", _("Name the currency of the price."))
        return cleaned


class DraftForm(ContentForm):
    class Meta(ContentForm.Meta):
        fields = (*CONTENT, "valid_from", "valid_to")
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d") for name in ("valid_from", "valid_to")
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        begins, ends = cleaned.get("valid_from"), cleaned.get("valid_to")
        if begins and ends and ends < begins:
            self.add_error("valid_to", _("It must not end before it begins."))
            cleaned["valid_to"] = None  # else the database's own words would be shown too
        return cleaned


class PatternForm(ContentForm):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    field_order = ("name",)

    def __init__(self, *args: Any, offer: SupportOffer, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"name": offer.name}, **kwargs})
        self.offer = offer

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        same = SupportOffer.objects.filter(customer__isnull=True, name__iexact=name).exclude(pk=self.offer.pk)
        if same.exists():
            raise forms.ValidationError(_("There is a pattern of this name already."))
        return name


class BeginForm(forms.Form):
    """Which offer a draft is begun of, and like what."""

    family = forms.ChoiceField(
        label=gettext_lazy("Products"),
        choices=FAMILIES,
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    pattern = forms.ModelChoiceField(
        label=gettext_lazy("Pattern"),
        queryset=SupportOffer.objects.none(),
        required=False,
        empty_label=gettext_lazy("Like the version before"),
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pattern: Any = self.fields["pattern"]
        pattern.queryset = SupportOffer.objects.filter(customer__isnull=True).order_by("name")


class MailForm(forms.Form):
    contacts = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Contacts"), queryset=Contact.objects.none(), widget=forms.CheckboxSelectMultiple()
    )

    def __init__(self, *args: Any, contacts: list[Contact], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["contacts"]
        chosen.queryset = Contact.objects.filter(pk__in=[one.pk for one in contacts])


class HandForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Whom"), max_length=200, widget=forms.TextInput(attrs={"class": "form-control"})
    )
    at = forms.DateTimeField(
        label=gettext_lazy("When"),
        widget=forms.DateTimeInput(attrs={"class": "form-control", "type": "datetime-local"}),
    )
    note = forms.CharField(
        label=gettext_lazy("How"),
        help_text=gettext_lazy("With the contract, in a meeting, on the phone."),
        max_length=1000,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )

    def clean_at(self) -> Any:
        at = self.cleaned_data["at"]
        if at > timezone.now():
            raise forms.ValidationError(_("Choose a moment that has been."))
        return at
