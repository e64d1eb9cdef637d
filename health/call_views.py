"""The list of customers to call about an issue."""

from collections.abc import Iterator
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.keyset import page_of
from csp_portal.limits.rates import limited
from csp_portal.spreadsheet import csv_answer
from customers.access import get_customer
from health.calls import ORDER, calls_to_make, lines_of, note_call, take_back_call
from health.models import Call, Issue
from health.queries import get_issue

CHUNK = 500


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def call_list(request: SignedInRequest, cloud: str, microsoft_id: str) -> HttpResponse:
    issue = get_issue(request.user, cloud=cloud, microsoft_id=microsoft_id)
    rows = calls_to_make(request.user, issue, now=timezone.now())
    page = page_of(rows, order=ORDER, mark=request.GET.get("page", ""))
    context = {
        "issue": issue,
        "page": page,
        "lines": lines_of(issue, page.rows),
        **rows.aggregate(all=Count("pk"), called=Count("pk", filter=Q(is_called=True))),
        "may_edit": may(request.user, Capability.EDIT_CUSTOMERS),
        "may_export": may(request.user, Capability.EXPORT),
    }
    return render(request, "health/call_list.html", context)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def call_note(request: SignedInRequest, cloud: str, microsoft_id: str, tenant_id: UUID) -> HttpResponse:
    issue = get_issue(request.user, cloud=cloud, microsoft_id=microsoft_id)
    customer = get_customer(request.user, tenant_id)
    note = " ".join(request.POST.get("note", "").replace("\x00", "").split())
    note_call(issue, customer, note=note, by=request.user, now=timezone.now())
    messages.success(request, _("%(name)s is marked as called.") % {"name": customer.name})
    return redirect("health:call_list", cloud, microsoft_id)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def call_take_back(request: SignedInRequest, cloud: str, microsoft_id: str, tenant_id: UUID) -> HttpResponse:
    issue = get_issue(request.user, cloud=cloud, microsoft_id=microsoft_id)
    customer = get_customer(request.user, tenant_id)
    take_back_call(issue, customer, by=request.user)
    messages.success(request, _("%(name)s is to be called again.") % {"name": customer.name})
    return redirect("health:call_list", cloud, microsoft_id)


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def call_export(request: SignedInRequest, cloud: str, microsoft_id: str) -> HttpResponseBase:
    issue = get_issue(request.user, cloud=cloud, microsoft_id=microsoft_id)
    record(Action.CALLS_EXPORTED, by=request.user, about=issue)
    header = [
        *(_("Customer"), _("Tenant ID"), _("Why here"), _("Contacts")),
        *(_("Called"), _("Called by"), _("Note")),
    ]
    return csv_answer(f"{issue.microsoft_id}-calls", header=header, rows=_cells(request.user, issue))


def _cells(user: User, issue: Issue) -> Iterator[list[object]]:
    exposures = list(calls_to_make(user, issue, now=timezone.now()).order_by(*ORDER))
    for begin in range(0, len(exposures), CHUNK):
        for line in lines_of(issue, exposures[begin : begin + CHUNK]):
            people = "; ".join(f"{contact} {contact.phone}".strip() for contact in line.contacts)
            yield [line.customer.name, line.customer.tenant_id, ", ".join(line.reasons), people, *_said(line.call)]


def _said(call: Call | None) -> list[object]:
    return [call.called_at.isoformat(timespec="seconds"), call.by.name, call.note] if call else ["", "", ""]
