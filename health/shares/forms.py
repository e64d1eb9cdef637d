"""The form of a new signed link."""

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.accounts.models import User
from customers.access import visible_customers, visible_groups
from customers.models import Customer, CustomerGroup
from health.models import Share

_LIFETIMES = [
    (1, gettext_lazy("One day")),
    (30, gettext_lazy("30 days")),
    (90, gettext_lazy("90 days")),
    (365, gettext_lazy("One year")),
]
_OF_ONE = (Share.Kind.STATUS_PAGE, Share.Kind.REQUEST_FORM)


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


def _text() -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"})


class ShareForm(forms.Form):
    """What is shown, of whom, in which language and how long; offered is only what its maker sees."""

    kind = forms.ChoiceField(label=gettext_lazy("What it shows"), choices=Share.Kind.choices, widget=_select())
    name = forms.CharField(
        label=gettext_lazy("Title"),
        help_text=gettext_lazy("Stands on top of what is shown, for everybody who has the link."),
        max_length=120,
        widget=_text(),
    )
    group = forms.ModelChoiceField(
        label=gettext_lazy("Only customers of this group"),
        queryset=CustomerGroup.objects.none(),
        required=False,
        empty_label=gettext_lazy("All that I see"),
        widget=_select(),
    )
    customer = forms.CharField(
        label=gettext_lazy("Only this customer"),
        help_text=gettext_lazy("Its tenant ID or default domain. A status page and a request form need one."),
        max_length=255,
        required=False,
        widget=_text(),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES, widget=_select())
    days = forms.TypedChoiceField(
        label=gettext_lazy("It ends after"), choices=_LIFETIMES, coerce=int, initial=90, widget=_select()
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        cast(forms.ModelChoiceField[CustomerGroup], self.fields["group"]).queryset = visible_groups(user)

    def clean_customer(self) -> Customer | None:
        words = str(self.cleaned_data["customer"]).strip().lower()
        if not words:
            return None
        ours = visible_customers(self.user).current()
        try:
            tenant_id = forms.UUIDField().clean(words)
        except forms.ValidationError:
            found = ours.filter(domain__iexact=words).first()
        else:
            found = ours.filter(tenant_id=tenant_id).first()
        if found is None:
            raise forms.ValidationError(_("No customer that you see has this tenant ID or default domain."))
        return found

    def clean(self) -> None:
        told = self.cleaned_data
        if told.get("customer") and told.get("group"):
            self.add_error("group", _("Choose a group or a customer, not both."))
        is_lonely = told.get("kind") in _OF_ONE and "customer" not in self.errors
        if is_lonely and not told.get("customer"):
            self.add_error("customer", _("It is of one customer: enter its tenant ID or domain."))

    @property
    def chosen(self) -> dict[str, Any]:
        """What `make_share` wants to know."""
        told = self.cleaned_data
        names = ("kind", "name", "language", "group", "customer")
        return {**{name: told[name] for name in names}, "lifetime": timedelta(days=told["days"])}
