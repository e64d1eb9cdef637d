"""The page of the desk's reports and its file."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from csp_portal.accounts.exports import exports
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.limits.rates import limited
from csp_portal.spreadsheet import csv_answer
from customers.pictures import shared
from support.lists.choices import ticket_choices
from support.lists.filters import TicketFilter, chips_of
from support.lists.views import names_for
from support.models import Family, Kind, Severity
from support.reports.charts import charts_of, length
from support.reports.drawing import draw
from support.reports.reckon import of_period, reckon


@limited("report", per_minute=60)
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def report(request: SignedInRequest) -> HttpResponse:
    """`?created_from=&created_until=` and the filters of the list of tickets."""
    chosen = TicketFilter.from_query(request.GET, user=request.user)
    figures = reckon(request.user, chosen, now=timezone.now())
    choices = shared(request, "ticket-choices", [], make=ticket_choices)
    inside = of_period(chosen, figures.period)
    names = names_for(request.user, inside, choices=choices)
    context = {
        "chosen": inside,
        "figures": figures,
        "drawings": [draw(chart) for chart in charts_of(figures, chosen)],
        "answer": length(figures.answer.median),
        "solution": length(figures.solution.median),
        "chips": list(chips_of(inside, names=names, but=("state", "created_from", "created_until"))),
        "owners": choices.owners,
        "queues": choices.queues,
        "severities": Severity.choices,
        "families": Family.choices,
        "kinds": Kind.choices,
    }
    return render(request, "support/report.html", context)


@exports(Action.REPORT_EXPORTED)
def report_export(request: SignedInRequest) -> HttpResponseBase:
    """Every bar of every chart, with how many tickets are behind it."""
    chosen = TicketFilter.from_query(request.GET, user=request.user)
    figures = reckon(request.user, chosen, now=timezone.now())
    rows = [
        [chart.title, str(row.name), row.tickets, round(row.amount / 60) if chart.key == "held" else ""]
        for chart in charts_of(figures, chosen)
        for row in chart.rows
    ]
    header = [_("Chart"), _("Name"), _("Tickets"), _("Minutes")]
    return csv_answer("desk-report", header=header, rows=rows)
