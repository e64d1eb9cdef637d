"""Pages of role templates: their roles and groups, what drifted from them, and to whom they are proposed."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.access import of_visible_customers, visible_groups
from customers.gdap import role_templates as templates
from customers.gdap.capabilities import JOB_OF_KEY, JOBS
from customers.gdap.chains import role_names
from customers.gdap.drift import check_template, repairs_of
from customers.gdap.onboarding import propose
from customers.gdap.queries import visible_relationships
from customers.gdap.template_forms import RuleForm, TemplateForm
from customers.models import (
    GLOBAL_ADMINISTRATOR,
    AdminRole,
    Drift,
    OnboardingRule,
    Relationship,
    RoleTemplate,
    SecurityGroup,
)

SHOWN_DRIFTS = 100


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def template_list(request: SignedInRequest) -> HttpResponse:
    has_global = Count("roles", filter=Q(roles__role=GLOBAL_ADMINISTRATOR), distinct=True)
    rows = templates.visible_templates(request.user).annotate(
        role_count=Count("roles__role", distinct=True), has_global=has_global
    )
    drifts = of_drifts(request).values_list("template").annotate(Count("pk"))
    counts = dict(drifts)
    shown = [(row, counts.get(row.pk, 0)) for row in rows.order_by("connection__name", "name")]
    context = {"rows": shown, "may_change": may(request.user, Capability.MANAGE_ACCESS)}
    return render(request, "gdap/template_list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_ACCESS, step_up=True)
def template_new(request: SignedInRequest) -> HttpResponse:
    form = TemplateForm(request.POST or None, user=request.user)
    if form.is_valid():
        template = templates.create_template(form.save(commit=False), by=request.user)
        messages.success(request, _("%(title)s is saved.") % {"title": template.name})
        return redirect("gdap:template_page", template.pk)
    return render(request, "gdap/template_new.html", {"form": form})


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def template_page(request: SignedInRequest, pk: int) -> HttpResponse:
    template = _get(request, pk)
    rows = list(template.roles.select_related("role", "group").order_by("role__name", "group__name"))
    held = {row.role_id for row in rows}
    drifts = of_drifts(request).filter(template=template).select_related("relationship").order_by("pk")
    words = request.GET.get("q", "").replace("\x00", "")[:100]
    context = {
        "template": template,
        "rows": rows,
        "has_global": UUID(GLOBAL_ADMINISTRATOR) in held,
        "jobs": [(job, bool(job.role_ids & held)) for job in JOBS],
        "words": words,
        "found": templates.found_roles(words, without=template),
        "groups": SecurityGroup.objects.filter(connection=template.connection, gone_at__isnull=True).order_by("name"),
        "drifts": drifts[:SHOWN_DRIFTS],
        "repairs": repairs_of(drifts),
        "role_names": role_names(),
        "group_names": _group_names(template),
        "held": visible_relationships(request.user).filter(template=template, gone_at__isnull=True).count(),
        "rules": _rules(request, template).order_by("group__name"),
        "may_change": may(request.user, Capability.MANAGE_ACCESS),
        "form": TemplateForm(instance=template, user=request.user),
        "rule_form": RuleForm(user=request.user),
    }
    return render(request, "gdap/template_page.html", context)


@require_POST
@requires(Capability.MANAGE_ACCESS, step_up=True)
def template_step(request: SignedInRequest, pk: int, step: str) -> HttpResponse:
    """One change of a template; what the form misses is as if nothing was asked."""
    if step not in _STEPS:
        raise Http404(_("There is no such step."))
    template = _get(request, pk)
    _STEPS[step](request, template)
    if step == "delete":
        return redirect("gdap:template_list")
    return redirect("gdap:template_page", pk)


def of_drifts(request: SignedInRequest) -> Any:
    """Drifts of relationships of customers that this person sees."""
    return Drift.objects.filter(relationship__in=of_visible_customers(Relationship.objects.all(), user=request.user))


def _get(request: SignedInRequest, pk: int) -> RoleTemplate:
    return get_object_or_404(templates.visible_templates(request.user), pk=pk)


def _rules(request: SignedInRequest, template: RoleTemplate) -> QuerySet[OnboardingRule]:
    """Those for groups that this person may know of."""
    return template.onboarding_rules.filter(group__in=visible_groups(request.user)).select_related("group")


def _group_names(template: RoleTemplate) -> dict[str, str]:
    groups = SecurityGroup.objects.filter(connection=template.connection)
    return {str(group.group_id): str(group) for group in groups}


def _save(request: SignedInRequest, template: RoleTemplate) -> None:
    before = templates.told(template)
    form = TemplateForm(request.POST, instance=template, user=request.user)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return
    templates.save_template(form.save(commit=False), by=request.user, before=before)
    messages.success(request, _("%(title)s is saved.") % {"title": template.name})


def _delete(request: SignedInRequest, template: RoleTemplate) -> None:
    templates.delete_template(template, by=request.user)
    messages.success(request, _("The role template is deleted. Relationships made from it stay as they are."))


def _add(request: SignedInRequest, template: RoleTemplate) -> None:
    role_id = _uuid(request.POST.get("role", ""))
    role = AdminRole.objects.filter(pk=role_id).first() if role_id else None
    group = _number(request.POST.get("group", ""))
    chosen = SecurityGroup.objects.filter(connection=template.connection, gone_at__isnull=True, pk=group).first()
    if role is not None:
        templates.add_role(template, role, group=chosen, by=request.user)


def _remove(request: SignedInRequest, template: RoleTemplate) -> None:
    row = template.roles.filter(pk=_number(request.POST.get("row", ""))).select_related("role").first()
    if row is not None:
        templates.remove_role(template, row, by=request.user)


def _add_job(request: SignedInRequest, template: RoleTemplate) -> None:
    job = JOB_OF_KEY.get(request.POST.get("job", ""))
    if job is not None and not templates.add_job(template, job, by=request.user):
        messages.info(request, _("The template has all that this job needs."))


def _check(request: SignedInRequest, template: RoleTemplate) -> None:
    check_template(template, now=timezone.now())
    count = of_drifts(request).filter(template=template).count()
    text = ngettext("%(count)d relationship differs.", "%(count)d relationships differ.", count)
    messages.success(request, text % {"count": count})


@transaction.atomic
def _hold(request: SignedInRequest, template: RoleTemplate) -> None:
    """Active relationships of no template that have all of its roles are held against it from now on."""
    roles = list(template.roles.values_list("role", flat=True))
    fitting = visible_relationships(request.user).filter(
        connection=template.connection,
        template__isnull=True,
        gone_at__isnull=True,
        status=Relationship.Status.ACTIVE,
        role_ids__contains=roles,
    )
    count = fitting.update(template=template) if roles else 0
    record(Action.ROLE_TEMPLATE_CHANGED, by=request.user, about=template, after={"relationships_held": count})
    _check(request, template)


def _add_rule(request: SignedInRequest, template: RoleTemplate) -> None:
    form = RuleForm(request.POST, user=request.user)
    if not form.is_valid():
        return
    group = form.cleaned_data["group"]
    try:
        with transaction.atomic():
            rule = OnboardingRule.objects.create(group=group, template=template, created_by=request.user)
            record(Action.ROLE_TEMPLATE_CHANGED, by=request.user, about=template, after={"proposed_to": group.name})
    except IntegrityError:
        messages.info(request, _("This rule is there already."))
        return
    if propose(rule, now=timezone.now()) is not None:
        messages.success(request, _("An invitation is proposed as a draft among the orders. Nothing was sent."))


@transaction.atomic
def _remove_rule(request: SignedInRequest, template: RoleTemplate) -> None:
    rule = _rules(request, template).filter(pk=_number(request.POST.get("rule", ""))).first()
    if rule is not None:
        before = {"proposed_to": rule.group.name}
        record(Action.ROLE_TEMPLATE_CHANGED, by=request.user, about=template, before=before)
        rule.delete()


_STEPS: Mapping[str, Callable[[SignedInRequest, RoleTemplate], None]] = {
    "save": _save,
    "delete": _delete,
    "add": _add,
    "remove": _remove,
    "job": _add_job,
    "check": _check,
    "hold": _hold,
    "add-rule": _add_rule,
    "remove-rule": _remove_rule,
}


def _number(text: str) -> int:
    """A key, or one that no row has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
