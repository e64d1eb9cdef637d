"""The forms of claims and of what Microsoft promises."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import CloudChoice
from health.models import Claim, Service

LINE = {"class": "form-control", "autocomplete": "off"}


def _note() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 2}),
    )


class ClaimForm(forms.Form):
    """A claim was filed with Microsoft."""

    number = forms.CharField(
        label=gettext_lazy("Number of the claim"),
        help_text=gettext_lazy("That of the support request it was filed with."),
        max_length=60,
        widget=forms.TextInput(attrs=LINE),
    )
    claimed_on = forms.DateField(
        label=gettext_lazy("Filed on"), widget=forms.DateInput(attrs={**LINE, "type": "date"}, format="%Y-%m-%d")
    )
    note = _note()

    def __init__(self, *args: Any, month: date, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["claimed_on"].initial = today
        self.month, self.today = month, today

    def clean_claimed_on(self) -> date:
        chosen: date = self.cleaned_data["claimed_on"]
        if not self.month <= chosen <= self.today:
            raise forms.ValidationError(_("Choose a day between the month of the downtime and today."))
        return chosen


class DecisionForm(forms.Form):
    """What Microsoft said."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Microsoft's answer"),
        choices=[(one.value, one.label) for one in (Claim.Outcome.GRANTED, Claim.Outcome.REFUSED)],
        widget=forms.RadioSelect,
    )
    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        help_text=gettext_lazy("With its currency, such as EUR 120.00; empty where it was refused."),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs=LINE),
    )
    note = _note()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("outcome") == Claim.Outcome.GRANTED and not cleaned.get("amount"):
            self.add_error("amount", _("Say how much was granted."))
        if cleaned.get("outcome") == Claim.Outcome.REFUSED and cleaned.get("amount"):
            self.add_error("amount", _("Nothing is paid for a refused claim: leave the amount empty."))
        return cleaned


class PromisesForm(forms.Form):
    """The promised availability of every service."""

    def __init__(self, *args: Any, services: Iterable[Service], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.services = list(services)
        for service in self.services:
            self.fields[f"promised_{service.pk}"] = forms.DecimalField(
                label=service.name,
                min_value=Decimal(0),
                max_value=Decimal(100),
                max_digits=5,
                decimal_places=2,
                initial=service.promised_percent,
                widget=forms.NumberInput(
                    attrs={
                        "class": "form-control w-auto",
                        "step": "0.01",
                        "aria-label": f"{service.name} ({service.cloud})",
                    }
                ),
            )

    def rows(self) -> list[tuple[Service, str, forms.BoundField]]:
        """Service, cloud and field, for the page."""
        return [(one, str(CloudChoice(one.cloud).label), self[f"promised_{one.pk}"]) for one in self.services]

    def changed(self) -> list[tuple[Service, Decimal]]:
        """The services whose promise is another now."""
        promises = [(one, self.cleaned_data[f"promised_{one.pk}"]) for one in self.services]
        return [(one, promised) for one, promised in promises if promised != one.promised_percent]
