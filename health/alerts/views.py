"""The inbox of alerts, the page of one, and what people do about them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.limits.rates import limited
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Event
from csp_portal.notices.words import facts_of
from csp_portal.spreadsheet import csv_answer
from customers.access import sees_many_clouds, visible_customers
from customers.models import CloudChoice
from health.alerts import acts
from health.alerts.forms import SNOOZES, ActForm, end_of_snooze
from health.alerts.inbox import STATES, WORST_FIRST, AlertFilters, filtered_events, get_event, hit_by, inbox_page
from health.alerts.inbox import people_to_assign as people
from health.alerts.scope import customers_of

NAMED = 50


@limited("search", per_minute=240)
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def inbox(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    filters = AlertFilters.from_address(request.GET, user=request.user)
    page = inbox_page(request.user, filters, mark=request.GET.get("page", ""), now=now)
    hit = hit_by(page.rows, user=request.user)
    context = {
        "filters": filters,
        "page": page,
        "rows": [(event, hit.get(event.pk, 0)) for event in page.rows],
        "states": STATES,
        "severities": Severity,
        "kinds": EventKind.choices,
        "clouds": CloudChoice.choices,
        "shows_cloud": sees_many_clouds(request.user),
        "now": now,
        "may_export": may(request.user, Capability.EXPORT),
        **_to_act(request.user),
    }
    is_fragment = request.headers.get("HX-Request") == "true"
    answer = render(request, "alerts/_inbox.html" if is_fragment else "alerts/inbox.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def alert_page(request: SignedInRequest, pk: int) -> HttpResponse:
    event = get_event(request.user, pk)
    seen = customers_of(event).filter(pk__in=visible_customers(request.user).order_by().values("pk"))
    context = {
        "event": event,
        "facts": facts_of(event.facts),
        "customers": seen.order_by("name", "pk")[:NAMED],
        "customer_count": seen.count(),
        "steps": event.steps.select_related("by").order_by("at", "pk"),
        "deliveries": event.deliveries.select_related("target").order_by("made_at", "pk")[:NAMED],
        "now": timezone.now(),
        **_to_act(request.user),
    }
    return render(request, "alerts/alert_page.html", context)


def _to_act(user: User) -> dict[str, Any]:
    may_act = may(user, Capability.EDIT_CUSTOMERS)
    return {"may_act": may_act, "people": list(people()) if may_act else [], "snoozes": SNOOZES}


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def act(request: SignedInRequest) -> HttpResponse:
    form, now = ActForm(request.POST), timezone.now()
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return _back(request)
    try:
        done = _act(form.cleaned_data, by=request.user, now=now)
    except ValidationError as error:
        messages.error(request, error.message)
        return _back(request)
    if done:
        words = ngettext("%(count)d alert is changed.", "%(count)d alerts are changed.", done) % {"count": done}
        messages.success(request, words)
    else:
        messages.info(request, _("Nothing changed: it was so already, or the alert is over."))
    return _back(request)


def _act(told: dict[str, Any], *, by: User, now: datetime) -> int:
    pks = told["alert"]
    if told["what"] == "assign":
        return acts.assign(pks, to=told["to"], by=by, now=now)
    if told["what"] == "snooze":
        until = end_of_snooze(told["until"], now=now)
        return acts.snooze(pks, until=until, reason=" ".join(told["reason"].split()), by=by, now=now)
    return (acts.acknowledge if told["what"] == "acknowledge" else acts.wake)(pks, by=by, now=now)


def _back(request: SignedInRequest) -> HttpResponseRedirect:
    """To the page that was acted from: the alert's own, or the inbox as it was filtered."""
    chosen = request.POST.getlist("alert")
    if request.POST.get("back") == "page" and len(chosen) == 1 and chosen[0].isdecimal() and len(chosen[0]) < 18:
        return HttpResponseRedirect(reverse("alerts:alert_page", args=[int(chosen[0])]))
    filters = QueryDict(request.POST.get("filters", "")[:2000]).urlencode()
    return HttpResponseRedirect(reverse("alerts:inbox") + (f"?{filters}" if filters else ""))


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def inbox_export(request: SignedInRequest) -> HttpResponseBase:
    filters = AlertFilters.from_address(request.GET, user=request.user)
    record(Action.ALERTS_EXPORTED, by=request.user, after={"filters": dict(request.GET.lists())})
    header = [
        *(_("Severity"), _("Kind"), _("Alert"), _("Cloud"), _("Service"), _("Seen"), _("First seen"), _("Last seen")),
        *(_("Over since"), _("Acknowledged"), _("Acknowledged by"), _("Assigned to"), _("Snoozed until"), _("Reason")),
    ]
    return csv_answer("alerts", header=header, rows=_cells(request.user, filters, now=timezone.now()))


def _cells(user: User, filters: AlertFilters, *, now: datetime) -> Iterator[list[object]]:
    rows = filtered_events(user, filters, now=now).select_related("assigned_to", "acknowledged_by")
    for event in rows.order_by(*WORST_FIRST).iterator(chunk_size=500):
        yield [
            *(Severity(event.severity).label, EventKind(event.kind).label, event.facts.get("title", "")),
            *(event.cloud, event.service, event.seen, *map(_moment, _moments(event))),
            *(event.acknowledged_by.name if event.acknowledged_by else "",),
            *(event.assigned_to.name if event.assigned_to else "", _moment(event.snoozed_until), event.snooze_reason),
        ]


def _moments(event: Event) -> tuple[datetime | None, ...]:
    return event.first_seen_at, event.last_seen_at, event.closed_at, event.acknowledged_at


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")
