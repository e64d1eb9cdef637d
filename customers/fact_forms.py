"""Forms of what only we know of customers: of one by hand, of many from a file."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from csp_portal.accounts.models import User
from csp_portal.calendars.models import Calendar
from customers.models import Customer, Tier

_SELECT = {"class": "form-select"}


class FactForm(forms.Form):
    tier = forms.ChoiceField(
        label=gettext_lazy("Support tier"),
        required=False,
        choices=[("", gettext_lazy("not known")), *Tier.choices],
        widget=forms.Select(attrs=_SELECT),
    )
    seats = forms.IntegerField(
        label=gettext_lazy("Seats"),
        required=False,
        min_value=0,
        max_value=10_000_000,
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )
    is_vip = forms.BooleanField(
        label=gettext_lazy("VIP: called before others"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Owner: who of us looks after it"),
        required=False,
        queryset=User.objects.filter(is_active=True).order_by("name", "pk"),
        empty_label=gettext_lazy("nobody"),
        widget=forms.Select(attrs=_SELECT),
    )
    calendar = forms.ModelChoiceField(
        label=gettext_lazy("Hours of its contract"),
        required=False,
        queryset=Calendar.objects.order_by("name"),
        empty_label=gettext_lazy("not known"),
        widget=forms.Select(attrs=_SELECT),
    )

    contract_ends_on = forms.DateField(
        label=gettext_lazy("Our contract with it ends on"),
        required=False,
        widget=forms.DateInput(attrs={"class": "form-control", "type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        shown = {
            "tier": customer.tier,
            "seats": customer.seats,
            "is_vip": customer.is_vip,
            "owner": customer.owner_id,
            "calendar": customer.calendar_id,
            "contract_ends_on": customer.contract_ends_on,
        }
        super().__init__(*args, **{"initial": shown, **kwargs})


class FactFileForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Lines"),
        max_length=2_000_000,
        strip=False,
        widget=forms.Textarea(attrs={"class": "form-control id", "rows": 12, "spellcheck": "false"}),
        help_text=gettext_lazy("Paste them from a spreadsheet, the line with the names of the columns first."),
    )
