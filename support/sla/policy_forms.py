"""The forms of what we promise, and of what Microsoft promises us."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.accounts.models import User
from csp_portal.calendars.durations import in_words, minutes_in
from csp_portal.calendars.models import Calendar
from customers.models import Customer, Tier
from health.suspicions import customers_named
from support.models import ENDED, Family, MicrosoftTarget, Severity, SlaPolicy, SlaTarget, Status

PROMISES = ("first_response", "update", "solution")
_PAUSES = [(status.value, status.label) for status in Status if status not in ENDED]
_LABELS = {
    "first_response": gettext_lazy("First answer"),
    "update": gettext_lazy("Every further answer"),
    "solution": gettext_lazy("Solution"),
}


def _input(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", "autocomplete": "off", **attrs})


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class DurationField(forms.CharField):
    """Minutes, written as "30 min", "4 h" or "1:30"; None where nothing is promised."""

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        minutes = minutes_in(text)
        if text and minutes is None:
            raise forms.ValidationError(_("Write a time as 30 min, 4 h or 1 h 30 min."))
        return minutes


class PolicyForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80, widget=_input())
    customer = forms.CharField(
        label=gettext_lazy("One customer only"),
        help_text=gettext_lazy("Name, domain or tenant ID; empty for many customers."),
        max_length=400,
        required=False,
        widget=_input(list="known-customers"),
    )
    tier = forms.ChoiceField(label=gettext_lazy("Support tier"), required=False, widget=_select())
    family = forms.ChoiceField(label=gettext_lazy("Product family"), required=False, widget=_select())
    calendar = forms.ModelChoiceField(
        label=gettext_lazy("Hours that count"), queryset=Calendar.objects.none(), required=False, widget=_select()
    )
    pauses_in = forms.MultipleChoiceField(
        label=gettext_lazy("The clocks stand still in"),
        choices=_PAUSES,
        required=False,
        widget=forms.CheckboxSelectMultiple(),
    )
    warns_at_percent = forms.IntegerField(
        label=gettext_lazy("Warn when so much of the time is used, percent"),
        min_value=1,
        max_value=99,
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )

    def __init__(self, *args: Any, policy: SlaPolicy, user: User, **kwargs: Any) -> None:
        targets = {one.severity: one for one in policy.targets.all()} if policy.pk else {}
        super().__init__(*args, **{"initial": _shown(policy, targets), **kwargs})
        self.policy, self.user = policy, user
        self.fields["tier"].choices = [("", _("Every tier")), *Tier.choices]  # type: ignore[attr-defined]
        self.fields["family"].choices = [("", _("Every product")), *Family.choices]  # type: ignore[attr-defined]
        calendar: Any = self.fields["calendar"]
        calendar.queryset = Calendar.objects.order_by("name")
        calendar.empty_label = _("Each customer's contract hours, else around the clock")
        for severity in Severity:
            for promise in PROMISES:
                label = f"{severity.label}: {_LABELS[promise]}"
                field = DurationField(
                    required=False, max_length=30, label=label, widget=_input(**{"aria-label": label})
                )
                self.fields[f"{severity.value}_{promise}"] = field

    def severities(self) -> list[tuple[str, list[tuple[Any, forms.BoundField]]]]:
        """The times as rows of a table, each with its head."""
        return [
            (str(one.label), [(_LABELS[name], self[f"{one.value}_{name}"]) for name in PROMISES]) for one in Severity
        ]

    def promises(self) -> list[Any]:
        return list(_LABELS.values())

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if SlaPolicy.objects.filter(name__iexact=name).exclude(pk=self.policy.pk).exists():
            raise forms.ValidationError(_("There is a promise of this name already."))
        return name

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
        if cleaned.get("customer") and cleaned.get("tier"):
            self.add_error("tier", _("A promise to one customer holds whatever its tier: choose every tier."))
        if not self.errors:
            whose = {name: cleaned[name] for name in ("customer", "tier", "family")}
            same = SlaPolicy.objects.filter(**whose).exclude(pk=self.policy.pk).first()
            if same is not None:
                text = _("%(name)s holds for just these customers and products already. Change that one.")
                self.add_error("family", text % {"name": same.name})
        return cleaned

    def targets(self) -> list[SlaTarget]:
        """What is entered and makes sense, severity by severity; those that promise nothing are not among them."""
        rows = []
        for severity in Severity:
            times = {promise: self.cleaned_data.get(f"{severity.value}_{promise}") for promise in PROMISES}
            if any(times.values()):
                rows.append(SlaTarget(severity=severity.value, **times))
        return rows

    def keep(self) -> SlaPolicy:
        """Call it in a transaction: the policy with the targets of the form, and no others."""
        policy = self.policy
        for name in ("name", "customer", "tier", "family", "calendar", "pauses_in", "warns_at_percent"):
            setattr(policy, name, self.cleaned_data[name])
        policy.save()
        policy.targets.all().delete()
        rows = self.targets()
        for row in rows:
            row.policy = policy
        SlaTarget.objects.bulk_create(rows)
        return policy


class MicrosoftForm(forms.Form):
    """In what time Microsoft answers each severity; every one has a time, so that its clock always means something."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.rows = {row.severity: row for row in MicrosoftTarget.objects.all()}
        initial = {severity: in_words(row.minutes) for severity, row in self.rows.items()}
        super().__init__(*args, **{"initial": initial, **kwargs})
        for severity in Severity:
            self.fields[severity.value] = DurationField(max_length=30, label=severity.label, widget=_input())

    def keep(self) -> None:
        for severity in Severity:
            minutes = self.cleaned_data[severity.value]
            MicrosoftTarget.objects.update_or_create(severity=severity.value, defaults={"minutes": minutes})

    def facts(self) -> dict[str, str]:
        """What the audit says of the times as they were when the form was made."""
        return {f"severity_{severity}": in_words(row.minutes) for severity, row in sorted(self.rows.items())}


def facts_of(policy: SlaPolicy) -> dict[str, Any]:
    """What the audit says of a policy; of one that is not there yet, nothing."""
    if not policy.pk:
        return {}
    shown = _shown(policy, {one.severity: one for one in SlaTarget.objects.filter(policy=policy)})
    shown["calendar"] = str(policy.calendar) if policy.calendar else ""
    return {name: value for name, value in shown.items() if value}


def _shown(policy: SlaPolicy, targets: dict[str, SlaTarget]) -> dict[str, Any]:
    customer = policy.customer
    shown: dict[str, Any] = {
        "name": policy.name,
        "customer": (customer.domain or str(customer.tenant_id)) if customer else "",
        "tier": policy.tier,
        "family": policy.family,
        "calendar": policy.calendar_id,
        "pauses_in": list(policy.pauses_in),
        "warns_at_percent": policy.warns_at_percent,
    }
    for severity, target in targets.items():
        for promise in PROMISES:
            minutes = getattr(target, promise)
            shown[f"{severity}_{promise}"] = in_words(minutes) if minutes else ""
    return shown
