"""The forms of what an owner sets for escalations: partner type, plans, disputed rules, checklists."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.accounts.models import User
from customers.models import Connection, Customer
from health.suspicions import customers_named
from support.escalation.answers import ANSWERS
from support.escalation.rules import Question, Rule
from support.models import PartnerStanding, PartnerType, SupportPlan

ITEMS = 40


def _input(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", "autocomplete": "off", **attrs})


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class StandingForm(forms.Form):
    """What we are to Microsoft under one connection."""

    partner_type = forms.ChoiceField(label=gettext_lazy("Partner type"), choices=PartnerType.choices, widget=_select())
    provider = forms.CharField(
        label=gettext_lazy("Our indirect provider"), max_length=200, required=False, widget=_input()
    )

    def __init__(self, *args: Any, connection: Connection, standing: PartnerStanding | None, **kwargs: Any) -> None:
        self.connection, self.standing = connection, standing
        super().__init__(*args, **{"initial": self.facts(), "prefix": str(connection.pk), **kwargs})

    def facts(self) -> dict[str, str]:
        """As it was before."""
        if self.standing is None:
            return {"partner_type": PartnerType.UNKNOWN.value, "provider": ""}
        return {"partner_type": self.standing.partner_type, "provider": self.standing.provider}


class PlanForm(forms.ModelForm[SupportPlan]):
    customer = forms.CharField(
        label=gettext_lazy("One customer only"),
        help_text=gettext_lazy("Name, domain or tenant ID; empty for many customers."),
        max_length=400,
        required=False,
        widget=_input(list="known-customers"),
    )

    class Meta:
        model = SupportPlan
        fields = ("kind", "contract", "connection", "customer", "valid_from", "valid_to", "incidents_left")
        widgets = {
            "kind": _select(),
            "contract": _input(),
            "connection": _select(),
            "valid_from": forms.DateInput(attrs={"class": "form-control", "type": "date"}, format="%Y-%m-%d"),
            "valid_to": forms.DateInput(attrs={"class": "form-control", "type": "date"}, format="%Y-%m-%d"),
            "incidents_left": forms.NumberInput(attrs={"class": "form-control", "min": 0}),
        }
        help_texts = {
            "valid_to": gettext_lazy("Empty where it goes on until somebody ends it."),
            "incidents_left": gettext_lazy(
                "Empty where Microsoft does not count them; at 0 the plan no longer counts."
            ),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        whose = self.instance.customer
        self.initial["customer"] = (whose.domain or str(whose.tenant_id)) if whose else ""
        connection: Any = self.fields["connection"]
        connection.empty_label = _("Every connection")

    def clean_customer(self) -> Customer | None:
        text = self.cleaned_data["customer"]
        found, _unclear = customers_named(text, user=self.user)
        if text and len(found) != 1:
            raise forms.ValidationError(
                _("No customer, or more than one, has this name. Enter its domain or tenant ID.")
            )
        return found[0] if found else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("valid_from"), cleaned.get("valid_to")
        if first and last and last < first:
            self.add_error("valid_to", _("The last day is before the first."))
        return cleaned


class RuleForm(forms.Form):
    """What holds for us where the sources of a rule disagree."""

    value = forms.ChoiceField(label=gettext_lazy("What holds for us"), widget=_select())
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("For instance what Microsoft told us, when and where."),
        min_length=10,
        max_length=500,
        widget=_input(),
    )

    def __init__(self, *args: Any, rule: Rule, **kwargs: Any) -> None:
        value = "" if rule.value is None else str(rule.value)
        super().__init__(*args, **{"initial": {"value": value, "reason": rule.reason}, **kwargs})
        if rule.question == Question.TARGET:
            self.fields["value"] = forms.IntegerField(
                label=_("Minutes to the first answer; empty for no promise"),
                required=False,
                min_value=1,
                max_value=100_000,
                widget=forms.NumberInput(attrs={"class": "form-control"}),
            )
        else:
            self.fields["value"].choices = ANSWERS[rule.question].choices  # type: ignore[attr-defined]

    def value_kept(self) -> str:
        value = self.cleaned_data["value"]
        return "" if value is None else str(value)


class ItemForm(forms.Form):
    """A row of a checklist; without an English text it is left out."""

    key = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput())
    en = forms.CharField(label=gettext_lazy("What to do, in English"), max_length=300, required=False, widget=_input())
    zh = forms.CharField(label=gettext_lazy("In Chinese"), max_length=300, required=False, widget=_input())
    required = forms.BooleanField(
        label=gettext_lazy("required"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("zh") and not cleaned.get("en"):
            self.add_error("en", _("Write it in English too."))
        return cleaned


ItemForms = forms.formset_factory(ItemForm, extra=3, max_num=ITEMS, absolute_max=ITEMS)


def rows_of(items: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Items as the forms begin with them."""
    return [{"key": row["key"], "en": row["en"], "zh": row["zh-hant"], "required": row["required"]} for row in items]


def items_of(rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Cleaned forms as items; a key never changes, so that what was ticked stays with it, and none comes twice."""
    made: list[dict[str, Any]] = []
    for row in rows:
        if not row.get("en"):
            continue
        taken = {item["key"] for item in made}
        key = row["key"] if row["key"] and row["key"] not in taken else uuid4().hex[:12]
        made.append({"key": key, "en": row["en"], "zh-hant": row["zh"], "required": row["required"]})
    return made
