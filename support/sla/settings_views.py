"""Settings: what we promise to whom, and in what time Microsoft answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.access import visible_customers
from customers.models import Tier
from support.models import Family, Severity, SlaPolicy, SlaTarget
from support.sla.policies import narrowest
from support.sla.policy_forms import MicrosoftForm, PolicyForm, facts_of
from support.sla.preview import sentences
from support.sla.sweep import microsofts_targets_changed, policy_changed

OFFERED = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A policy with its times, one for each severity."""

    policy: SlaPolicy
    targets: Sequence[SlaTarget | None]


@require_safe
@requires(Capability.MANAGE_PORTAL)
def desk_promises(request: SignedInRequest) -> HttpResponse:
    """All policies, and which of them a tier gets for a product."""
    return _list(request, MicrosoftForm())


def _list(request: SignedInRequest, microsoft: MicrosoftForm) -> HttpResponse:
    policies = list(SlaPolicy.objects.select_related("customer", "calendar").prefetch_related("targets"))
    policies.sort(key=lambda one: (one.customer_id is None, not one.tier, not one.family, one.name.casefold()))
    context = {
        "rows": [_row(policy) for policy in policies],
        "severities": [severity.value for severity in Severity],
        "families": list(Family),
        "tiers": [(label, _of_tier(policies, tier=value)) for value, label in [("", _("No tier")), *Tier.choices]],
        "microsoft": microsoft,
    }
    return render(request, "settings/desk_promises.html", context)


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def desk_promise_new(request: SignedInRequest) -> HttpResponse:
    return _edit(request, SlaPolicy())


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def desk_promise_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(SlaPolicy.objects.select_related("customer", "calendar"), pk=pk))


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def desk_promise_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    policy = get_object_or_404(SlaPolicy.objects.select_related("customer", "calendar"), pk=pk)
    with transaction.atomic():
        record(Action.DESK_PROMISE_DELETED, by=request.user, about=policy, before=facts_of(policy))
        policy_changed(policy, now=timezone.now())
        policy.delete()
    messages.success(request, _("%(name)s is deleted. Its tickets get the promise that holds now.") % {"name": policy})
    return redirect("support:desk_promises")


@require_POST
@requires(Capability.MANAGE_PORTAL)
def desk_promise_preview(request: SignedInRequest) -> HttpResponse:
    """What the form as it stands would mean; nothing is kept."""
    return render(request, "settings/_desk_promise_preview.html", {"sentences": _previewed(request, SlaPolicy())})


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def microsoft_times(request: SignedInRequest) -> HttpResponse:
    form = MicrosoftForm(request.POST)
    if not form.is_valid():
        return _list(request, form)
    with transaction.atomic():
        form.keep()
        microsofts_targets_changed(now=timezone.now())
        after = MicrosoftForm().facts()
        record(Action.MICROSOFT_TIMES_CHANGED, by=request.user, before=form.facts(), after=after)
    messages.success(request, _("Saved."))
    return redirect("support:desk_promises")


def _edit(request: SignedInRequest, policy: SlaPolicy) -> HttpResponse:
    before, is_new, now = facts_of(policy), policy.pk is None, timezone.now()
    former = SlaPolicy(customer=policy.customer)
    form = PolicyForm(request.POST or None, policy=policy, user=request.user)
    if form.is_valid():
        with transaction.atomic():
            kept = form.keep()
            for whose in [kept] if is_new else [former, kept]:
                policy_changed(whose, now=now)
            action = Action.DESK_PROMISE_ADDED if is_new else Action.DESK_PROMISE_CHANGED
            record(action, by=request.user, about=kept, before=before, after=facts_of(kept))
        messages.success(request, _("%(title)s is saved.") % {"title": kept.name})
        return redirect("support:desk_promises")
    context: dict[str, Any] = {"form": form, "policy": policy, "sentences": _previewed(request, policy)}
    context["known"] = visible_customers(request.user).current().order_by("name")[:OFFERED]
    return render(request, "settings/desk_promise.html", context)


def _previewed(request: SignedInRequest, policy: SlaPolicy) -> list[str]:
    """By what is entered, or else by what is kept."""
    now = timezone.now()
    if request.method != "POST":
        return sentences(policy.calendar, policy.targets.order_by("severity") if policy.pk else [], now=now)
    form = PolicyForm(request.POST, policy=policy, user=request.user)
    form.full_clean()
    return sentences(form.cleaned_data.get("calendar"), form.targets(), now=now)


def _row(policy: SlaPolicy) -> Row:
    targets = {one.severity: one for one in policy.targets.all()}
    return Row(policy=policy, targets=[targets.get(severity.value) for severity in Severity])


def _of_tier(policies: Sequence[SlaPolicy], *, tier: str) -> list[tuple[Family, SlaPolicy | None]]:
    """Of customers without a promise of their own, what holds for each product family."""
    general = [one for one in policies if one.customer_id is None and one.tier in {"", tier}]
    return [(family, narrowest(one for one in general if one.family in {"", family.value})) for family in Family]
