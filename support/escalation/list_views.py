"""The list of escalations as a page and as a file."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from csp_portal.accounts.exports import exports
from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action
from csp_portal.keyset import page_of
from csp_portal.spreadsheet import csv_answer
from support.escalation.lists import CHOICES, ORDER, cells_of, escalations_of


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def escalation_list(request: SignedInRequest) -> HttpResponse:
    """`?state=decide` and the others; nonsense in it is as if it were not there."""
    now, state = timezone.now(), request.GET.get("state", "")
    rows = escalations_of(request.user, state=state, now=now)
    context = {
        "page": page_of(rows, order=ORDER, mark=request.GET.get("page", "")),
        "state": state if state in CHOICES else "",
        "choices": CHOICES.items(),
        "may_export": may(request.user, Capability.EXPORT),
        "now": now,
    }
    return render(request, "support/escalation_list.html", context)


@exports(Action.ESCALATIONS_EXPORTED)
def escalation_list_export(request: SignedInRequest) -> HttpResponseBase:
    rows = escalations_of(request.user, state=request.GET.get("state", ""), now=timezone.now())
    header = [
        *(_("Ticket"), _("Escalation"), _("Customer"), _("Subject"), _("Product family"), _("Severity"), _("Way")),
        *(_("State"), _("Microsoft's number"), _("At Microsoft"), _("Turn"), _("Owner"), _("Begun"), _("Filed")),
    ]
    return csv_answer("escalations", header=header, rows=cells_of(rows))
