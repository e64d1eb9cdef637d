"""Partner Center's service requests of a customer on pages: the list, one with its notes, and what we write there."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.exports import exports
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.limits.rates import limited
from csp_portal.spreadsheet import csv_answer
from customers.access import get_customer, get_customer_at
from customers.choices import shows_clouds
from support.escalation.beginning import Refused
from support.escalation.requests.matching import candidates_of
from support.escalation.requests.news import tell_news
from support.escalation.requests.noting import order_note
from support.escalation.requests.reading import ask_to_read, why_not_read
from support.models import RequestFeed, ServiceRequest

SHOWN = 200


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def service_requests(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """As Microsoft lists them, the newest first; why there are none to see, where it is not possible."""
    customer = get_customer_at(request.user, tenant_id, now=timezone.now())
    rows = list(customer.service_requests.select_related("escalation").order_by("-created_at", "-pk")[: SHOWN + 1])
    context = {
        "customer": customer,
        "feed": RequestFeed.objects.filter(customer=customer).first(),
        "reason": why_not_read(customer),
        "rows": rows[:SHOWN],
        "is_cut": len(rows) > SHOWN,
        "shows_cloud": shows_clouds(request),
    }
    return render(request, "support/service_requests.html", context)


@exports(Action.SERVICE_REQUESTS_EXPORTED)
def service_requests_export(request: SignedInRequest, tenant_id: UUID) -> HttpResponseBase:
    customer = get_customer(request.user, tenant_id)
    rows = customer.service_requests.select_related("escalation").order_by("-created_at", "-pk")
    header = [_("Number"), _("Title"), _("Status"), _("Severity"), _("Product"), _("Opened"), _("Ticket")]
    cells = (
        [
            *(row.request_id, row.title, row.status, row.severity, row.product),
            row.created_at.isoformat() if row.created_at else "",
            row.escalation.ticket_id if row.escalation else "",
        ]
        for row in rows.iterator()
    )
    return csv_answer(f"service-requests-{tenant_id}", header=header, rows=cells)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def service_request(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponse:
    customer = get_customer_at(request.user, tenant_id, now=timezone.now())
    row = _of(customer, pk)
    context = {
        "customer": customer,
        "row": row,
        "notes": [{**note, "at": parse_datetime(note["at"]) if note["at"] else None} for note in row.notes],
        "reason": why_not_read(customer),
        "ours": row.our_notes.exclude(state="DONE").select_related("ordered_by").order_by("pk"),
        "candidates": [] if row.escalation else candidates_of(row),
        "shows_cloud": shows_clouds(request),
    }
    return render(request, "support/service_request.html", context)


@limited("read again", per_minute=30)
@require_POST
@requires(Capability.WORK_TICKETS)
def service_requests_read(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    reason = ask_to_read(get_customer(request.user, tenant_id), now=timezone.now())
    if reason:
        messages.error(request, reason)
    else:
        messages.success(request, _("It will be read in a moment."))
    return redirect("support:service_requests", tenant_id)


@limited("escalation_act", per_minute=30)
@require_POST
@requires(Capability.WORK_TICKETS)
def service_request_note(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponse:
    row = _of(get_customer(request.user, tenant_id), pk)
    text = request.POST.get("text", "").replace("\x00", "")
    order = lambda: order_note(row.pk, text=text, by=request.user, now=timezone.now())  # noqa: E731
    return _answer(request, row, order, done=_("It is being sent to Microsoft."))


@require_POST
@requires(Capability.WORK_TICKETS)
def service_request_match(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponse:
    """A person's word that this request is that escalation; of this customer's alone."""
    row, wanted = _of(get_customer(request.user, tenant_id), pk), request.POST.get("escalation", "")
    return _answer(request, row, lambda: _match(row, wanted), done=_("They are matched."))


@transaction.atomic
def _match(row: ServiceRequest, wanted: str) -> None:
    held = ServiceRequest.objects.select_for_update(of=("self",)).get(pk=row.pk)
    found = next((one for one in candidates_of(held) if str(one.pk) == wanted), None)
    if held.escalation_id is not None or found is None:
        raise Refused("no_match", _("Choose an escalation of this customer that is not matched yet."))
    held.escalation = found
    held.save(update_fields=["escalation"])
    tell_news(held, before=held.status, now=timezone.now())


def _answer(request: SignedInRequest, row: ServiceRequest, do: Callable[[], object], *, done: str) -> HttpResponse:
    try:
        do()
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
    return redirect("support:service_request", row.customer.tenant_id, row.pk)


def _of(customer: object, pk: int) -> ServiceRequest:
    return get_object_or_404(ServiceRequest.objects.select_related("customer", "escalation"), customer=customer, pk=pk)
