"""Settings of alerts: the log of deliveries, what was answered, and sending one again."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.keyset import page_of
from csp_portal.limits.rates import limited
from csp_portal.notices.models import Delivery, Target
from csp_portal.notices.words import headline, lines
from csp_portal.spreadsheet import csv_answer
from health.alerts.targets import replay

NEWEST_FIRST = ("-made_at", "id")


def _filtered(request: HttpRequest) -> QuerySet[Delivery]:
    rows = Delivery.objects.select_related("target", "rule")
    state, target = request.GET.get("state", ""), request.GET.get("target", "")
    if state in Delivery.State.values:
        rows = rows.filter(state=state)
    chosen = next((pk for pk in Target.objects.values_list("pk", flat=True) if str(pk) == target), None)
    return rows.filter(target=chosen) if chosen else rows


@require_safe
@requires(Capability.MANAGE_PORTAL)
def deliveries(request: SignedInRequest) -> HttpResponse:
    page = page_of(_filtered(request), order=NEWEST_FIRST, mark=request.GET.get("page", ""))
    context = {
        "page": page,
        "rows": [(delivery, headline(delivery.content)) for delivery in page.rows],
        "states": Delivery.State.choices,
        "targets": Target.objects.order_by("name"),
        "state": request.GET.get("state", ""),
        "target": request.GET.get("target", ""),
    }
    return render(request, "alerts/deliveries.html", context)


@limited("export", per_minute=10)
@require_safe
@requires(Capability.MANAGE_PORTAL, step_up=True)
def deliveries_export(request: SignedInRequest) -> HttpResponseBase:
    record(Action.DELIVERIES_EXPORTED, by=request.user, after={"filters": dict(request.GET.lists())})
    header = [
        *(_("Alert"), _("Target"), _("Rule"), _("State"), _("Made"), _("Tried"), _("Tries")),
        *(_("Status"), _("Milliseconds"), _("Answer")),
    ]
    return csv_answer("deliveries", header=header, rows=_cells(_filtered(request)))


def _cells(rows: QuerySet[Delivery]) -> Iterator[list[object]]:
    for row in rows.order_by(*NEWEST_FIRST).iterator(chunk_size=500):
        yield [
            *(headline(row.content), row.target.name, row.rule.name if row.rule else "", row.get_state_display()),
            *(row.made_at.isoformat(), row.tried_at.isoformat() if row.tried_at else "", row.tries),
            *(row.status or "", row.took_ms, row.answer),
        ]


@require_GET
@requires(Capability.MANAGE_PORTAL)
def delivery(request: SignedInRequest, delivery_id: UUID) -> HttpResponse:
    found = get_object_or_404(Delivery.objects.select_related("target", "rule"), pk=delivery_id)
    context: dict[str, Any] = {
        "delivery": found,
        "headline": headline(found.content),
        "lines": lines(found.content),
        "is_waiting": found.state == Delivery.State.WAITING,
        "is_held": found.target.held_until is not None and found.target.held_until > timezone.now(),
    }
    is_fragment = request.headers.get("HX-Request") == "true"
    return render(request, "alerts/_delivery.html" if is_fragment else "alerts/delivery.html", context)


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def delivery_replay(request: SignedInRequest, delivery_id: UUID) -> HttpResponse:
    found = get_object_or_404(Delivery.objects.select_related("target"), pk=delivery_id)
    if replay(found, by=request.user, now=timezone.now()):
        messages.success(request, _("It is sent once more."))
    else:
        messages.info(request, _("It waits to be sent already."))
    return redirect("alert_settings:delivery", found.pk)
