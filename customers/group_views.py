"""Settings: groups of customers, and which customers a person sees."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.access import visible_customers
from customers.group_forms import GroupForm
from customers.group_uses import narrowed_by
from customers.groups import in_group
from customers.models import CustomerGroup
from customers.scopes import ScopeForm, keep_scope

PREVIEWED = 12


@require_GET
@requires(Capability.MANAGE_PORTAL)
def groups(request: SignedInRequest) -> HttpResponse:
    """A count for each group: there are as many groups as a person made by hand."""
    current = visible_customers(request.user).current()
    rows = CustomerGroup.objects.annotate(person_count=Count("people")).order_by("name")
    shown = [(group, current.filter(in_group(group)).count()) for group in rows]
    return render(request, "settings/groups.html", {"groups": shown})


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def group_new(request: SignedInRequest) -> HttpResponse:
    return _edit(request, CustomerGroup())


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def group_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(CustomerGroup, pk=pk))


@require_POST
@requires(Capability.MANAGE_PORTAL)
def group_preview(request: SignedInRequest) -> HttpResponse:
    """Who would be in a group as the form stands; nothing is kept."""
    form = GroupForm(request.POST, group=CustomerGroup(), customers=visible_customers(request.user))
    form.is_valid()
    return render(request, "settings/_group_preview.html", _preview(form))


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
@transaction.atomic
def group_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(CustomerGroup.objects.select_for_update(), pk=pk)
    people = [person.name for person in group.people.order_by("name")]
    if people:
        text = _("%(group)s decides what these people see: %(people)s. Change that first.")
        messages.error(request, text % {"group": group.name, "people": ", ".join(people)})
        return redirect("settings:group_edit", pk)
    narrowed = list(narrowed_by(group))
    if narrowed:  # without their group they would speak of all customers, or end unsaid
        text = _(
            "These alert rules, notice runs or signed links speak of %(group)s: %(names)s. Change or revoke them first."
        )
        messages.error(request, text % {"group": group.name, "names": ", ".join(narrowed)})
        return redirect("settings:group_edit", pk)
    record(Action.GROUP_DELETED, by=request.user, about=group, before=_facts(group))
    group.delete()
    messages.success(request, _("The group %(name)s is deleted.") % {"name": group.name})
    return redirect("settings:groups")


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def scope(request: SignedInRequest, pk: int) -> HttpResponse:
    """Which customers a person sees; of owners and auditors it only says that they see all."""
    person = get_object_or_404(User, pk=pk)
    form = ScopeForm(request.POST or None, person=person)
    if form.is_valid():
        try:
            keep_scope(person, sees=form.cleaned_data["sees"], groups=form.cleaned_data["groups"], by=request.user)
        except forms.ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("What %(name)s sees is saved.") % {"name": person.name})
            return redirect("accounts:people")
    return render(request, "settings/scope.html", {"form": form, "person": person})


def _edit(request: SignedInRequest, group: CustomerGroup) -> HttpResponse:
    before, is_new = _facts(group), group.pk is None
    form = GroupForm(request.POST or None, group=group, customers=visible_customers(request.user))
    if form.is_valid():
        with transaction.atomic():
            group.save()
            group.added.set(form.cleaned_data["added"])
            group.left_out.set(form.cleaned_data["left_out"])
            action = Action.GROUP_ADDED if is_new else Action.GROUP_CHANGED
            record(action, by=request.user, about=group, before=before, after=_facts(group))
        messages.success(request, _("%(title)s is saved.") % {"title": group.name})
        return redirect("settings:groups")
    context = {"form": form, "group": group, "uses": list(narrowed_by(group)) if group.pk else [], **_preview(form)}
    return render(request, "settings/group.html", context)


def _preview(form: GroupForm) -> dict[str, Any]:
    if form.is_bound:
        found = form.preview()
    elif form.group.pk:
        found = form.customers.current().filter(in_group(form.group))
    else:
        found = form.customers.none()
    return {"members": found.order_by("name", "pk")[:PREVIEWED], "member_count": found.count()}


def _facts(group: CustomerGroup) -> dict[str, Any]:
    """What the audit says of a group; of one that is not there yet, nothing."""
    if not group.pk:
        return {}
    plain = {name: getattr(group, name) for name in ("name", "tags", "clouds", "connections", "words")}
    picked = {name: list(getattr(group, name).values_list("tenant_id", flat=True)) for name in ("added", "left_out")}
    return {**plain, **picked}
