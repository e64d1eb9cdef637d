"""The form of a rule: what is told to whom."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.calendars.models import Calendar
from csp_portal.notices.kinds import EventKind
from csp_portal.notices.models import Rule, Target
from customers.models import CloudChoice, CustomerGroup
from health.models import Service

# Rules that begin filled in: `?preset=` of a new one.
PRESETS: Mapping[str, tuple[str | Promise, tuple[EventKind, ...]]] = {
    "promises": (
        gettext_lazy("Promises of the desk"),
        (EventKind.PROMISE_ENDS, EventKind.PROMISE_BROKEN, EventKind.MICROSOFT_LATE),
    ),
    "tickets": (
        gettext_lazy("Tickets"),
        (EventKind.TICKET_OPENED, EventKind.TICKET_WORD, EventKind.TICKET_STATUS, EventKind.TICKET_RATED),
    ),
}


def preset(name: str) -> dict[str, Any]:
    """What a new rule begins with; nothing where there is no such preset."""
    if name not in PRESETS:
        return {}
    words, kinds = PRESETS[name]
    return {"name": str(words), "kinds": [kind.value for kind in kinds]}


class RuleForm(forms.ModelForm[Rule]):
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of alerts"), choices=EventKind.choices, widget=forms.CheckboxSelectMultiple
    )
    clouds = forms.MultipleChoiceField(
        label=gettext_lazy("Only in these clouds"),
        required=False,
        choices=CloudChoice.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    services = forms.MultipleChoiceField(
        label=gettext_lazy("Only of these services"), required=False, widget=forms.CheckboxSelectMultiple
    )
    only_groups = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Only customers of these groups"),
        required=False,
        queryset=CustomerGroup.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
    )
    except_groups = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Without customers of these groups"),
        required=False,
        queryset=CustomerGroup.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
    )
    targets = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Tell these targets"),
        queryset=Target.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Rule
        fields = (
            *("name", "is_enabled", "kinds", "least", "only_groups", "except_groups", "clouds", "services"),
            *("rhythm", "hours", "outside", "targets"),
        )
        widgets = {
            "name": forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
            "least": forms.Select(attrs={"class": "form-select"}),
            "rhythm": forms.Select(attrs={"class": "form-select"}),
            "hours": forms.Select(attrs={"class": "form-select"}),
            "outside": forms.Select(attrs={"class": "form-select"}),
            "is_enabled": forms.CheckboxInput(attrs={"class": "form-check-input"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hours = self.fields["hours"]
        hours.empty_label = _("always")  # type: ignore[attr-defined]
        hours.queryset = Calendar.objects.order_by("name")  # type: ignore[attr-defined]
        names = {*Service.objects.values_list("name", flat=True), *self.instance.services}
        self.fields["services"].choices = [(name, name) for name in sorted(names)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        both = set(told.get("only_groups") or ()) & set(told.get("except_groups") or ())
        if both:
            words = _("%(name)s is taken and left out at once. Choose one of the two.")
            self.add_error("except_groups", words % {"name": next(iter(both)).name})
        return told
