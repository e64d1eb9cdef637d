"""Settings of alerts: rules and targets."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.notices.models import Delivery, Rule, Target
from health.alerts.rule_forms import RuleForm, preset
from health.alerts.target_forms import TargetForm
from health.alerts.targets import ask_for_test, delete_target, facts, keep_target, with_reach


@require_GET
@requires(Capability.MANAGE_PORTAL)
def rules(request: SignedInRequest) -> HttpResponse:
    aside = Count("deliveries", filter=Q(deliveries__state=Delivery.State.SET_ASIDE))
    narrowed = Q(only_groups__isnull=False) | Q(except_groups__isnull=False)
    rows = Rule.objects.annotate(groups=Count("pk", filter=narrowed)).prefetch_related("targets")
    context = {
        "rules": rows.order_by("name"),
        "targets": with_reach(Target.objects.annotate(aside=aside)).order_by("name"),
    }
    return render(request, "alerts/rules.html", context)


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def rule_new(request: SignedInRequest) -> HttpResponse:
    """`?preset=` fills in what is often wanted."""
    return _edit_rule(request, Rule(since_at=timezone.now(), **preset(request.GET.get("preset", ""))))


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def rule_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    return _edit_rule(request, get_object_or_404(Rule, pk=pk))


def _edit_rule(request: SignedInRequest, rule: Rule) -> HttpResponse:
    was_enabled, before = rule.is_enabled, _facts(rule)
    form = RuleForm(request.POST or None, instance=rule)
    if not form.is_valid():
        has_targets = Target.objects.exists()
        return render(request, "alerts/rule.html", {"form": form, "rule": rule, "has_targets": has_targets})
    with transaction.atomic():
        if form.cleaned_data["is_enabled"] and not was_enabled:
            form.instance.since_at = timezone.now()  # what happened while it was out of use is never told
        is_new = rule.pk is None
        saved = form.save()
        action = Action.RULE_ADDED if is_new else Action.RULE_CHANGED
        record(action, by=request.user, about=saved, before=before, after=_facts(saved))
    messages.success(request, _("%(title)s is saved.") % {"title": saved.name})
    return redirect("alert_settings:rules")


def _facts(rule: Rule) -> dict[str, Any]:
    if not rule.pk:
        return {}
    columns = ("name", "is_enabled", "kinds", "least", "clouds", "services", "rhythm", "outside")
    plain = {name: getattr(rule, name) for name in columns}
    named = {
        name: sorted(getattr(rule, name).values_list("name", flat=True))
        for name in ("only_groups", "except_groups", "targets")
    }
    return {**plain, **named, "hours": rule.hours.name if rule.hours else ""}


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
@transaction.atomic
def rule_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(Rule, pk=pk)
    record(Action.RULE_DELETED, by=request.user, about=rule, before=_facts(rule))
    rule.delete()
    messages.success(request, _("%(title)s is deleted.") % {"title": rule.name})
    return redirect("alert_settings:rules")


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def target_new(request: SignedInRequest) -> HttpResponse:
    return _edit_target(request, Target(language=request.user.language or "en"))


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def target_edit(request: SignedInRequest, target_id: UUID) -> HttpResponse:
    return _edit_target(request, get_object_or_404(with_reach(Target.objects.all()), pk=target_id))


def _edit_target(request: SignedInRequest, target: Target) -> HttpResponse:
    is_new, before = target._state.adding, {} if target._state.adding else facts(target)
    form = TargetForm(request.POST or None, instance=target)
    if not form.is_valid():
        return render(request, "alerts/target.html", {"form": form, "target": target, "is_new": is_new})
    saved = form.save(commit=False)
    key = keep_target(saved, form.cleaned_data, by=request.user, is_new=is_new, before=before)
    messages.success(request, _("%(title)s is saved.") % {"title": saved.name})
    if key:  # shown in this answer and never again, so it goes into no session
        return render(request, "alerts/target_key.html", {"target": saved, "key": key})
    return redirect("alert_settings:rules")


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def target_delete(request: SignedInRequest, target_id: UUID) -> HttpResponse:
    target = get_object_or_404(Target, pk=target_id)
    delete_target(target, by=request.user)
    messages.success(request, _("%(title)s is deleted.") % {"title": target.name})
    return redirect("alert_settings:rules")


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def target_test(request: SignedInRequest, target_id: UUID) -> HttpResponse:
    target = get_object_or_404(Target, pk=target_id)
    if not target.is_enabled:
        messages.error(request, _("%(title)s is out of use. Put it into use first.") % {"title": target.name})
        return redirect("alert_settings:target_edit", target.pk)
    delivery = ask_for_test(target, by=request.user, now=timezone.now())
    return redirect("alert_settings:delivery", delivery.pk)
