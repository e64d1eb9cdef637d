"""What a person says about an order beside what it is about: roles, group, duration, and why."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.gdap.capabilities import JOB_OF_KEY, JOBS, SENSIBLE_ROLES
from customers.gdap.naming import DEFAULT_PATTERN
from customers.gdap.order_choice import Chosen
from customers.gdap.periods import LONGEST_DAYS, SHORTEST_DAYS, days_of, period_of
from customers.gdap.rows import role_names
from customers.models import GLOBAL_ADMINISTRATOR, AdminRole, Order, Relationship, RoleTemplate, SecurityGroup

Action = Order.Action
LINE = {"class": "form-control", "autocomplete": "off"}
SELECT = {"class": "form-select"}
CHECK = {"class": "form-check-input"}
_FIELDS: dict[str, tuple[str, ...]] = {
    Action.CREATE: ("template", "pattern", "duration_days", "role_ids", "extends", "lock", "reference"),
    Action.EDIT: ("name", "duration_days", "role_ids", "extends"),
    Action.ASSIGN: ("group_id", "role_ids"),
    Action.CHANGE_ASSIGNMENT: ("group_id", "role_ids"),
    Action.UNASSIGN: ("group_id",),
}


class OrderForm(forms.Form):
    """Only the fields that the action needs; `parameters` is what the order keeps."""

    template = forms.ModelChoiceField(
        label=gettext_lazy("Role template"),
        queryset=RoleTemplate.objects.none(),
        required=False,
        empty_label=gettext_lazy("none, I choose the roles"),
        widget=forms.Select(attrs=SELECT),
    )
    pattern = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        initial=DEFAULT_PATTERN,
        help_text=gettext_lazy("{customer} becomes the customer's name. At most 50 characters; only we see it."),
        widget=forms.TextInput(attrs=LINE),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=50, required=False, widget=forms.TextInput(attrs=LINE)
    )
    duration_days = forms.IntegerField(
        label=gettext_lazy("Duration in days"),
        min_value=SHORTEST_DAYS,
        max_value=LONGEST_DAYS,
        initial=LONGEST_DAYS,
        help_text=gettext_lazy("From 1 to 730: Microsoft allows two years at most."),
        widget=forms.NumberInput(attrs=LINE),
    )
    group_id = forms.ChoiceField(label=gettext_lazy("Security group"), widget=forms.Select(attrs=SELECT))
    role_ids = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"), required=False, widget=forms.CheckboxSelectMultiple(attrs=CHECK)
    )
    extends = forms.BooleanField(
        label=gettext_lazy("Extends by itself by half a year at its end"),
        required=False,
        initial=True,
        widget=forms.CheckboxInput(attrs=CHECK),
    )
    lock = forms.BooleanField(
        label=gettext_lazy("Ask for approval at once, so that the link works"),
        required=False,
        initial=True,
        widget=forms.CheckboxInput(attrs=CHECK),
    )
    reference = forms.CharField(
        label=gettext_lazy("Our reference"), max_length=100, required=False, widget=forms.TextInput(attrs=LINE)
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("For the audit: why this is done, for instance a ticket or contract."),
        widget=forms.TextInput(attrs=LINE),
    )

    def __init__(
        self, *args: Any, action: str, chosen: Chosen, asked_job: str = "", asked_group: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.action = action
        kept = (*_FIELDS.get(action, ()), "reason")
        for name in [name for name in self.fields if name not in kept]:
            del self.fields[name]
        one = chosen.relationships[0] if len(chosen.relationships) == 1 else None
        if action == Action.EDIT:
            self._show_as_is(one)
        if "template" in self.fields:
            self._templates.queryset = RoleTemplate.objects.filter(connection__in=chosen.connections).order_by("name")
        if "group_id" in self.fields:
            self._groups.choices, self._groups.initial = _groups_of(chosen), asked_group
        if "role_ids" in self.fields:
            self._offer_roles(chosen, job=asked_job)

    @property
    def _templates(self) -> forms.ModelChoiceField:  # type: ignore[type-arg]
        return self.fields["template"]  # type: ignore[return-value]

    @property
    def _groups(self) -> forms.ChoiceField:
        return self.fields["group_id"]  # type: ignore[return-value]

    @property
    def _roles(self) -> forms.MultipleChoiceField:
        return self.fields["role_ids"]  # type: ignore[return-value]

    def _show_as_is(self, one: Relationship | None) -> None:
        """What an edit begins with; of many each keeps its own name."""
        if one is None:
            del self.fields["name"]
            return
        as_is = {"name": one.name, "duration_days": days_of(one.duration), "extends": one.auto_extends}
        for field, value in as_is.items():
            self.fields[field].initial = value
        self._roles.initial = [str(role) for role in one.role_ids]

    def _offer_roles(self, chosen: Chosen, *, job: str) -> None:
        names = role_names()
        if self.action in (Action.ASSIGN, Action.CHANGE_ASSIGNMENT):
            offered = {role for one in chosen.relationships for role in one.role_ids}
        else:
            known = {GLOBAL_ADMINISTRATOR, *SENSIBLE_ROLES, *(role for one in JOBS for role in one.roles)}
            offered = {*names, *map(UUID, known), *(role for one in chosen.relationships for role in one.role_ids)}
        rows = sorted((names.get(role, str(role)), str(role)) for role in offered)
        self._roles.choices = [(role, name) for name, role in rows]
        if self._roles.initial is None:
            wanted = JOB_OF_KEY[job].roles[:1] if job in JOB_OF_KEY else SENSIBLE_ROLES
            self._roles.initial = [role for role in wanted if UUID(role) in offered]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        template = told.get("template")
        if "role_ids" in self.fields and not told.get("role_ids") and not template:
            self.add_error("role_ids", _("Choose at least one role."))
        return told

    def parameters(self) -> dict[str, Any]:
        """What the order keeps of it, as JSON; a template's roles are taken as they are now."""
        told = self.cleaned_data
        template = told.get("template")
        found: dict[str, Any] = {
            name: told[name] for name in ("group_id", "extends", "lock", "reference") if name in told
        }
        if told.get("name"):
            found["name"] = told["name"]
        if told.get("role_ids"):
            found["role_ids"] = sorted(told["role_ids"])
        if told.get("duration_days"):
            found["duration"] = period_of(told["duration_days"])
        if template is not None:
            roles = {str(row.role_id) for row in template.roles.all()}
            found |= {"template": template.pk, "role_ids": sorted(roles)}
        return found


def _groups_of(chosen: Chosen) -> list[tuple[str, str]]:
    """The partner's groups that are still there, by name."""
    groups = SecurityGroup.objects.filter(connection__in=chosen.connections, gone_at__isnull=True).order_by("name")
    return [("", "–"), *((str(group.group_id), str(group)) for group in groups)]


def privileged_of(role_ids: Iterable[str]) -> list[AdminRole]:
    """Those of the roles that Microsoft calls privileged."""
    return list(AdminRole.objects.filter(pk__in=[*role_ids], is_privileged=True).order_by("name"))
