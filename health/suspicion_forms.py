"""The form of a suspected incident."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from customers.models import CloudChoice, Customer
from health.models import Service
from health.suspicions import customers_named

MOST_CUSTOMERS = 200


class SuspicionForm(forms.Form):
    """Service, customers and what was seen; the customers are those that the person may see."""

    service = forms.ModelChoiceField(
        label=_("Service"), queryset=Service.objects.order_by("name", "cloud"), empty_label=_("Choose a service")
    )
    customers = forms.CharField(
        label=_("Customers"),
        help_text=_("One a line: name, domain or tenant ID."),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "form-control"}),
    )
    seen = forms.CharField(
        label=_("What was seen"),
        help_text=_("Who can't do what, since when, and what you tried."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5, "class": "form-control"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        service = self.fields["service"]
        service.widget.attrs["class"] = "form-select"
        service.label_from_instance = _name_of  # type: ignore[attr-defined]  # of a ModelChoiceField

    def clean_customers(self) -> list[Customer]:
        found, unclear = customers_named(self.cleaned_data["customers"], user=self.user)
        if unclear:
            words = _("No customer, or more than one, is named: %(lines)s. Write the domain or the tenant ID.")
            raise forms.ValidationError(words % {"lines": ", ".join(unclear[:5])})
        if len(found) > MOST_CUSTOMERS:
            raise forms.ValidationError(_("Name at most %(most)d customers.") % {"most": MOST_CUSTOMERS})
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        service, customers = cleaned.get("service"), cleaned.get("customers") or []
        foreign = [customer.name for customer in customers if service and customer.cloud != service.cloud]
        if foreign:
            words = _("The service is of another cloud than: %(names)s.")
            self.add_error("customers", words % {"names": ", ".join(foreign[:5])})
        return cleaned


def _name_of(service: Service) -> str:
    return (
        f"{service.name} ({CloudChoice(service.cloud).label})" if service.cloud != CloudChoice.GLOBAL else service.name
    )
