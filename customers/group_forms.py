"""The form of a customer group, and which customers it would hold as it stands there."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.changes import TagError, parsed_tags
from customers.groups import picked_from
from customers.models import CloudChoice, Connection, Customer, CustomerGroup
from customers.models.customer import CustomerQuerySet

PICKED_MOST = 500
_SEPARATORS = re.compile(r"[\s,;，、]+")


def _text(label: Any, *, length: int = 300, help_text: Any = "", required: bool = False) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"})
    return forms.CharField(label=label, max_length=length, help_text=help_text, required=required, widget=widget)


def _names(label: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"class": "form-control id", "rows": 3, "spellcheck": "false"})
    hint = gettext_lazy("Tenant IDs or domains, one a line.")
    return forms.CharField(label=label, required=False, max_length=50_000, widget=widget, help_text=hint)


class GroupForm(forms.Form):
    """Name, rule and hand-picked customers of a group; `customers` are those to pick from."""

    name = _text(gettext_lazy("Name"), length=80, required=True)
    description = _text(gettext_lazy("Description"))
    tags = _text(gettext_lazy("Has one of these tags"), help_text=gettext_lazy("Separate them with commas."))
    clouds = forms.MultipleChoiceField(
        label=gettext_lazy("Is in one of these clouds"),
        required=False,
        choices=CloudChoice.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    connections = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Is read through one of these connections"),
        required=False,
        queryset=Connection.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
    )
    words = _text(gettext_lazy("Name or domain contains"), length=100)
    added = _names(gettext_lazy("In it whatever the rule says"))
    left_out = _names(gettext_lazy("Never in it"))

    def __init__(self, *args: Any, group: CustomerGroup, customers: CustomerQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": _shown(group), **kwargs})
        self.group, self.customers = group, customers

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if CustomerGroup.objects.filter(name__iexact=name).exclude(pk=self.group.pk).exists():
            raise forms.ValidationError(_("There is a group of this name already."))
        return name

    def clean_tags(self) -> list[str]:
        try:
            return parsed_tags(self.cleaned_data["tags"])
        except TagError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_connections(self) -> list[UUID]:
        return [connection.pk for connection in self.cleaned_data["connections"]]

    def clean_added(self) -> list[Customer]:
        return self._customers_named(self.cleaned_data["added"])

    def clean_left_out(self) -> list[Customer]:
        return self._customers_named(self.cleaned_data["left_out"])

    def clean(self) -> None:
        for name in ("name", "description", "tags", "clouds", "connections", "words"):
            if name in self.cleaned_data:
                setattr(self.group, name, self.cleaned_data[name])

    def preview(self) -> CustomerQuerySet:
        """The customers that the group would hold; what is not right in the form counts as not given."""
        picked = {name: [row.pk for row in self.cleaned_data.get(name, [])] for name in ("added", "left_out")}
        return self.customers.current().filter(picked_from(self.group, **picked))

    def _customers_named(self, text: str) -> list[Customer]:
        words = list(dict.fromkeys(word for word in _SEPARATORS.split(text.lower()) if word))
        if len(words) > PICKED_MOST:
            most = _("Pick at most %(most)d customers by hand. For more of them write a rule.")
            raise forms.ValidationError(most % {"most": PICKED_MOST})
        ids = [tenant_id for word in words if (tenant_id := _uuid(word))]
        found: dict[str, Customer] = {}
        for row in self.customers.filter(Q(tenant_id__in=ids) | Q(domain__in=words) | Q(initial_domain__in=words)):
            names = (str(row.tenant_id), row.tenant_id.hex, row.domain, row.initial_domain)
            found |= {name: row for name in names if name in words}
        missing = [word for word in words if word not in found]
        if missing:
            unknown = _("No customer has this tenant ID or domain: %(words)s. Correct or remove it.")
            raise forms.ValidationError(unknown % {"words": ", ".join(missing[:5])})
        return list({row.pk: row for row in found.values()}.values())


def _shown(group: CustomerGroup) -> dict[str, Any]:
    if not group.pk:
        return {}
    plain = {name: getattr(group, name) for name in ("name", "description", "clouds", "connections", "words")}
    picked = {name: _lines(getattr(group, name).order_by("name")) for name in ("added", "left_out")}
    return {**plain, "tags": ", ".join(group.tags), **picked}


def _lines(customers: Iterable[Customer]) -> str:
    return "\n".join(str(customer.tenant_id) for customer in customers)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
