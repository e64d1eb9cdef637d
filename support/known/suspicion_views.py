"""Tickets behind a suspicion, and the numbers from which tickets raise one."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from health.suspicions import get_suspicion
from support.access import visible_tickets
from support.known.suspicion_forms import RuleForms, deletable
from support.models import SuspicionRule

SHOWN = 20
_NUMBERS = ("is_on", "tickets", "customers", "minutes")


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def suspicion_tickets(request: SignedInRequest, pk: int) -> HttpResponse:
    """Those of its tickets that this person may see, as a part of the suspicion's page."""
    suspicion = get_suspicion(request.user, pk)
    tickets = visible_tickets(request.user).filter(suspicion=suspicion).select_related("customer", "owner")
    newest = list(tickets.order_by("-created_at", "-pk")[: SHOWN + 1])
    context = {"suspicion": suspicion, "tickets": newest[:SHOWN], "has_more": len(newest) > SHOWN}
    return render(request, "support/_suspicion_tickets.html", context)


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL)
def suspicion_rules(request: SignedInRequest) -> HttpResponse:
    rows = SuspicionRule.objects.order_by("service_name")
    forms = deletable(RuleForms(request.POST or None, queryset=rows, prefix="rule"))
    if not forms.is_valid():
        return render(request, "support/suspicion_rules.html", {"forms": forms})
    with transaction.atomic():
        before = _numbers_of_all()
        # the next look goes by the new numbers
        forms.save()
        SuspicionRule.objects.filter(service_name="").update(due_at=timezone.now())
        after = _numbers_of_all()
        if after != before:
            general = SuspicionRule.objects.get(service_name="")
            record(Action.SUSPICION_RULES_CHANGED, by=request.user, about=general, before=before, after=after)
    messages.success(request, _("Saved. The next look at tickets goes by these numbers."))
    return redirect("support:suspicion_rules")


def _numbers_of_all() -> dict[str, Any]:
    rows = SuspicionRule.objects.order_by("service_name").values("service_name", *_NUMBERS)
    return {row.pop("service_name") or "*": row for row in rows}
