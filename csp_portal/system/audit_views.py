"""The audit for those who may read it: searched in the browser, and as a file."""

import json

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.audit.models import Copy, Entry
from csp_portal.keyset import page_of
from csp_portal.spreadsheet import csv_answer
from csp_portal.system.audit_search import NEWEST_FIRST, AuditFilters, lines_of


@require_safe
@requires(Capability.SEE_AUDIT)
def audit_list(request: SignedInRequest) -> HttpResponse:
    filters = AuditFilters.from_address(request.GET, user=request.user)
    page = page_of(filters.find(user=request.user), order=NEWEST_FIRST, mark=request.GET.get("page", ""))
    context = {
        "page": page,
        "rows": [(entry, list(lines_of(entry))) for entry in page.rows],
        "filters": filters,
        "actions": sorted(Action.choices, key=lambda choice: str(choice[1])),
        "copies": list(Copy.objects.order_by("place")),
    }
    is_fragment = request.headers.get("HX-Request") == "true"
    return render(request, "system/_audit_list.html" if is_fragment else "system/audit.html", context)


@require_safe
@requires(Capability.SEE_AUDIT, step_up=True)
def audit_export(request: SignedInRequest) -> HttpResponseBase:
    """What the filters leave, oldest first, with the hashes that verify_audit checks; itself an entry."""
    filters = AuditFilters.from_address(request.GET, user=request.user)
    header = [
        *(_("Number"), _("When (UTC)"), _("Action"), _("Who"), _("Address"), _("Request ID")),
        *(_("About"), _("Tenant ID"), _("Before"), _("After"), _("Hash")),
    ]
    entries = filters.find(user=request.user).order_by("number").iterator(chunk_size=1000)
    answer = csv_answer("audit", header=header, rows=map(_cells, entries))
    record(Action.AUDIT_EXPORTED, by=request.user, after={"filters": dict(request.GET.lists())})
    return answer


def _cells(entry: Entry) -> list[object]:
    said = [json.dumps(part, ensure_ascii=False, sort_keys=True) for part in (entry.before, entry.after)]
    who = [entry.person, entry.address, entry.request_id, entry.about, entry.customer]
    return [entry.number, entry.at.isoformat(), entry.action, *who, *said, entry.hash]
