"""Forms of role templates."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy

from csp_portal.accounts.models import User
from customers.access import visible_connections, visible_groups
from customers.models import CustomerGroup, RoleTemplate

_LINE, _SELECT = {"class": "form-control"}, {"class": "form-select"}
LONGEST_DAYS = 730  # two years, Microsoft's most


class TemplateForm(forms.ModelForm[RoleTemplate]):
    duration_days = forms.IntegerField(
        label=gettext_lazy("Duration in days"),
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=LONGEST_DAYS,
        widget=forms.NumberInput(attrs=_LINE),
    )

    class Meta:
        model = RoleTemplate
        fields = ("connection", "name", "description", "duration_days", "auto_extends")
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "connection": forms.Select(attrs=_SELECT),
            "name": forms.TextInput(attrs=_LINE),
            "description": forms.Textarea(attrs={**_LINE, "rows": 2}),
            "auto_extends": forms.CheckboxInput(attrs={"class": "form-check-input"}),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        connections: Any = self.fields["connection"]
        connections.queryset, connections.label = visible_connections(user), gettext_lazy("Connection")
        if self.instance.pk:
            del self.fields["connection"]  # its groups are of that partner's tenant


class RuleForm(forms.Form):
    group = forms.ModelChoiceField(
        label=gettext_lazy("Customers of the group"),
        queryset=CustomerGroup.objects.none(),
        widget=forms.Select(attrs=_SELECT),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: Any = self.fields["group"]
        groups.queryset = visible_groups(user)
