"""The form of the numbers from which tickets raise a suspicion."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from health.models import Service
from support.models import SuspicionRule


class SuspicionRuleForm(forms.ModelForm[SuspicionRule]):
    """Without a service it is the row for all services that have none of their own."""

    class Meta:
        model = SuspicionRule
        fields = ("service_name", "is_on", "tickets", "customers", "minutes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["service_name"]
        else:
            names = Service.objects.order_by("name").values_list("name", flat=True).distinct()
            self.fields["service_name"] = forms.ChoiceField(
                choices=[("", _("Add a service …")), *((name, name) for name in names)],
                required=False,
                widget=forms.Select(attrs={"class": "form-select"}),
                label=_("Service"),
            )
        for name in ("tickets", "customers", "minutes"):
            self.fields[name].widget.attrs.update({"class": "form-control", "min": 2})
            self.fields[name].widget.attrs["aria-label"] = str(self.fields[name].label)
        self.fields["is_on"].widget.attrs.update({"class": "form-check-input", "aria-label": _("suspects incidents")})

    def has_changed(self) -> bool:
        """The empty row is nothing until a service is chosen in it."""
        return bool(self.instance.pk or self["service_name"].value()) and super().has_changed()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        tickets, customers = cleaned.get("tickets"), cleaned.get("customers")
        if tickets and customers and customers > tickets:
            self.add_error("customers", _("So many customers can't ask in so few tickets."))
        return cleaned


RuleForms = forms.modelformset_factory(SuspicionRule, form=SuspicionRuleForm, extra=1, can_delete=True)


def deletable(forms_of_rules: Any) -> Any:
    """The row for every other service stays."""
    for form in forms_of_rules.forms:
        if form.instance.pk is None or not form.instance.service_name:
            form.fields.pop("DELETE", None)
        else:
            form.fields["DELETE"].widget.attrs["class"] = "form-check-input"
            form.fields["DELETE"].label = _("Remove")
    return forms_of_rules
