"""What customers write: a request, a further word, what they think of our help."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from support.models import Family, Severity
from support.recipients import parse_addresses

LONGEST = 20_000
# Microsoft's severities, as who is hit would say them.
URGENCY = [
    (Severity.C, gettext_lazy("We can work, something is in the way")),
    (Severity.B, gettext_lazy("Some of us can hardly work")),
    (Severity.A, gettext_lazy("Many of us can't work at all")),
]


def _text(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", **attrs})


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"class": "form-control", "rows": rows})


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class EntranceForm(forms.Form):
    address = forms.EmailField(
        label=gettext_lazy("Your mail address at work"),
        widget=forms.EmailInput(attrs={"class": "form-control", "autocomplete": "email"}),
    )


class RequestForm(forms.Form):
    subject = forms.CharField(label=gettext_lazy("What is it about?"), max_length=250, widget=_text())
    text = forms.CharField(
        label=gettext_lazy("What happens, where, since when?"),
        help_text=gettext_lazy("Never write passwords here."),
        max_length=LONGEST,
        widget=_area(8),
    )
    family = forms.ChoiceField(label=gettext_lazy("Product"), choices=Family.choices, widget=_select())
    severity = forms.ChoiceField(label=gettext_lazy("How bad is it?"), choices=URGENCY, widget=_select())
    impact = forms.CharField(
        label=gettext_lazy("Who can't work?"),
        help_text=gettext_lazy("Needed where many can't work at all."),
        required=False,
        max_length=2000,
        widget=_area(2),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("severity") == Severity.A and not cleaned.get("impact"):
            self.add_error("impact", _("Say who can't work, so that we know how to begin."))
        return cleaned


class OpenRequestForm(RequestForm):
    """The same behind a signed link, where nobody is signed in: with who asks, at an address of the customer."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=200, widget=_text(autocomplete="name"))
    address = forms.EmailField(
        label=gettext_lazy("Your mail address at work"),
        help_text=gettext_lazy("Our answer goes there."),
        widget=forms.EmailInput(attrs={"class": "form-control", "autocomplete": "email"}),
    )
    field_order = ("name", "address")

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer

    def clean_address(self) -> str:
        """Of the customer's domains or one of its contacts: an answer must not go to whoever found the link."""
        (address,) = parse_addresses(self.cleaned_data["address"])
        domains = {self.customer.domain.casefold(), self.customer.initial_domain.casefold()} - {""}
        contacts = self.customer.contacts.kept().filter(address__iexact=address)
        if address.casefold().partition("@")[2] not in domains and not contacts.exists():
            words = _("Enter your address at %(domain)s: we answer only there.")
            raise forms.ValidationError(words % {"domain": self.customer.domain})
        return address


class WordForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("Your answer"), max_length=LONGEST, widget=_area(5))


class RatingForm(forms.Form):
    is_good = forms.TypedChoiceField(
        choices=[("1", gettext_lazy("Good")), ("0", gettext_lazy("Bad"))], coerce=lambda told: told == "1"
    )
    words = forms.CharField(
        label=gettext_lazy("What was good, or what should be better?"),
        required=False,
        max_length=2000,
        widget=_area(2),
    )
