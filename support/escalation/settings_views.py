"""Settings: what kind of partner we are, our plans, every rule with its source, and the checklists."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.access import visible_customers
from customers.models import Connection
from support.escalation.baseline import publish
from support.escalation.entitling import current_rules
from support.escalation.forms import ItemForms, PlanForm, RuleForm, StandingForm, items_of, rows_of
from support.escalation.rules import Question, Rule
from support.models import Baseline, EntitlementChoice, PartnerStanding, SupportPlan

OFFERED = 200


@require_safe
@requires(Capability.MANAGE_PORTAL)
def desk_escalations(request: SignedInRequest) -> HttpResponse:
    return _overview(request, _standing_forms(request, is_sent=False))


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def desk_partner_types(request: SignedInRequest) -> HttpResponse:
    forms = _standing_forms(request, is_sent=True)
    if not all([form.is_valid() for form in forms]):  # noqa: C419 each of them has to say what is wrong
        return _overview(request, forms)
    with transaction.atomic():
        for form in forms:
            _keep_standing(form, by=request.user)
    messages.success(request, _("Saved."))
    return redirect("support:desk_escalations")


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def support_plan_new(request: SignedInRequest) -> HttpResponse:
    return _edit_plan(request, SupportPlan())


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def support_plan_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    return _edit_plan(request, get_object_or_404(SupportPlan.objects.select_related("customer", "connection"), pk=pk))


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def support_plan_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    plan = get_object_or_404(SupportPlan.objects.select_related("customer", "connection"), pk=pk)
    with transaction.atomic():
        record(Action.SUPPORT_PLAN_DELETED, by=request.user, about=plan, before=_facts(plan))
        plan.delete()
    messages.success(request, _("%(name)s is deleted.") % {"name": plan})
    return redirect("support:desk_escalations")


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def entitlement_rule(request: SignedInRequest, key: str) -> HttpResponse:
    """Decide a disputed rule, or with `shipped` let the table's own value hold again."""
    rule = next((rule for rule in current_rules() if rule.key == key and may_be_decided(rule)), None)
    if rule is None:
        raise Http404(_("There is no such rule, or its sources do not disagree."))
    if request.method == "POST" and "shipped" in request.POST:
        _choose(rule, value=None, reason="", by=request.user, now=timezone.now())
        return redirect("support:desk_escalations")
    form = RuleForm(request.POST or None, rule=rule)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        _choose(rule, value=form.value_kept(), reason=reason, by=request.user, now=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("support:desk_escalations")
    return render(request, "settings/entitlement_rule.html", {"rule": rule, "form": form})


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def baseline_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Publish the next version of a checklist; all former ones are shown as they were."""
    baseline = get_object_or_404(Baseline, pk=pk)
    versions = Baseline.objects.filter(family=baseline.family, area=baseline.area).order_by("-version")
    newest = versions[0]
    forms = ItemForms(request.POST or None, initial=rows_of(baseline.items))
    is_stale = newest.pk != baseline.pk
    if forms.is_valid() and not is_stale:
        items = items_of([form.cleaned_data for form in forms])
        made = publish(baseline.family, baseline.area, items=items, by=request.user, now=timezone.now())
        messages.success(request, _("Version %(number)d is published.") % {"number": made.version})
        return redirect("support:baseline_edit", made.pk)
    context = {"baseline": baseline, "newest": newest, "forms": forms, "is_stale": is_stale}
    context["versions"] = versions.exclude(pk=baseline.pk).select_related("published_by")
    return render(request, "settings/baseline.html", context)


def may_be_decided(rule: Rule) -> bool:
    """Microsoft's general times are on the page of promises; notes decide nothing."""
    return rule.is_disputed and not rule.setting and rule.question != Question.NOTE


def _overview(request: SignedInRequest, forms: list[StandingForm]) -> HttpResponse:
    newest: dict[tuple[str, str], Baseline] = {}
    for row in Baseline.objects.order_by("version").defer("items"):
        newest[row.family, row.area] = row
    context: dict[str, Any] = {
        "standings": forms,
        "plans": SupportPlan.objects.select_related("customer", "connection").order_by("kind", "pk"),
        "rules": [(rule, may_be_decided(rule)) for rule in current_rules()],
        "baselines": sorted(newest.values(), key=lambda row: (row.family, row.area)),
        "today": timezone.localdate(),
    }
    return render(request, "settings/desk_escalations.html", context)


def _standing_forms(request: SignedInRequest, *, is_sent: bool) -> list[StandingForm]:
    known = {row.connection_id: row for row in PartnerStanding.objects.all()}
    data = request.POST if is_sent else None
    return [
        StandingForm(data, connection=row, standing=known.get(row.pk)) for row in Connection.objects.order_by("name")
    ]


def _keep_standing(form: StandingForm, *, by: User) -> None:
    before, after = form.facts(), dict(form.cleaned_data)
    if before == after:
        return
    PartnerStanding.objects.update_or_create(connection=form.connection, defaults=after)
    record(Action.PARTNER_TYPE_CHANGED, by=by, about=form.connection, before=before, after=after)


def _edit_plan(request: SignedInRequest, plan: SupportPlan) -> HttpResponse:
    before, is_new = _facts(plan) if plan.pk else {}, plan.pk is None
    form = PlanForm(request.POST or None, instance=plan, user=request.user)
    if form.is_valid():
        action = Action.SUPPORT_PLAN_ADDED if is_new else Action.SUPPORT_PLAN_CHANGED
        with transaction.atomic():
            kept = form.save()
            record(action, by=request.user, about=kept, before=before, after=_facts(kept))
        messages.success(request, _("%(title)s is saved.") % {"title": kept})
        return redirect("support:desk_escalations")
    known = visible_customers(request.user).current().order_by("name")[:OFFERED]
    return render(request, "settings/support_plan.html", {"form": form, "plan": plan, "known": known})


@transaction.atomic
def _choose(rule: Rule, *, value: str | None, reason: str, by: User, now: datetime) -> None:
    """`value` None lets the table's own value hold again."""
    chosen = EntitlementChoice.objects.select_for_update().filter(rule=rule.key).first()
    before = {"value": chosen.value, "reason": chosen.reason} if chosen else {"value": str(rule.value or "")}
    after = {"rule": rule.key, "value": "" if value is None else value, "reason": reason}
    record(Action.ENTITLEMENT_CHOSEN, by=by, before={"rule": rule.key, **before}, after=after)
    if value is None:
        EntitlementChoice.objects.filter(rule=rule.key).delete()
        return
    said = {"value": value, "reason": reason, "at": now, "by": by}
    EntitlementChoice.objects.update_or_create(rule=rule.key, defaults=said)


def _facts(plan: SupportPlan) -> dict[str, Any]:
    customer, connection = plan.customer, plan.connection
    return {
        "plan": plan.kind,
        "contract": plan.contract,
        "connection": connection.name if connection else "",
        "customer": str(customer.tenant_id) if customer else "",
        "valid_from": str(plan.valid_from),
        "valid_to": str(plan.valid_to or ""),
        "incidents_left": plan.incidents_left,
    }
