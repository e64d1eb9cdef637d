"""The page of a connection where owners say which Entra groups give which role."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from customers.models import Connection, RoleGroup
from customers.models.role_group import ROLES_TO_GIVE
from customers.role_groups import add_role_group, remove_role_group


class RoleGroupForm(forms.ModelForm[RoleGroup]):
    class Meta:
        model = RoleGroup
        fields = ("group_id", "name", "role")
        widgets = {
            "group_id": forms.TextInput(attrs={"class": "form-control id", "spellcheck": "false"}),
            "name": forms.TextInput(attrs={"class": "form-control"}),
            "role": forms.Select(attrs={"class": "form-select"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [("", _("Choose a role")), *ROLES_TO_GIVE]  # type: ignore[attr-defined]
        self.fields["group_id"].error_messages["invalid"] = _(
            "Write the ID as the Entra admin center shows it: 32 hexadecimal digits with dashes."
        )

    def clean_group_id(self) -> UUID:
        """The connection is not among the fields, so Django does not look by itself."""
        group_id: UUID = self.cleaned_data["group_id"]
        if self.instance.connection.role_groups.filter(group_id=group_id).exists():
            raise forms.ValidationError(_("This group gives a role already. Remove it first."))
        return group_id


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def role_groups(request: SignedInRequest, connection_id: UUID) -> HttpResponse:
    connection = get_object_or_404(Connection, pk=connection_id)
    form = RoleGroupForm(request.POST or None, instance=RoleGroup(connection=connection))
    if form.is_valid():
        add_role_group(form.instance, by=request.user)
        messages.success(request, _("%(name)s gives a role from the next sign-in on.") % {"name": form.instance.name})
        return redirect("settings:role_groups", connection.pk)
    groups = connection.role_groups.order_by("name", "pk")
    return render(request, "settings/role_groups.html", {"connection": connection, "form": form, "groups": groups})


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def role_group_remove(request: SignedInRequest, connection_id: UUID, pk: int) -> HttpResponse:
    group = get_object_or_404(RoleGroup.objects.select_related("connection"), pk=pk, connection_id=connection_id)
    remove_role_group(group, by=request.user)
    messages.success(request, _("%(name)s gives no role any more, from the next sign-in on.") % {"name": group.name})
    return redirect("settings:role_groups", connection_id)
