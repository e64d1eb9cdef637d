"""Pages of insight: what would help whom, and what one customer keeps asking."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from csp_portal.accounts.exports import exports
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.keyset import page_of
from csp_portal.spreadsheet import csv_answer
from customers.access import get_customer_at
from customers.choices import shows_clouds
from support.insight.queries import ORDER, InsightFilter, sentence_of, visible_habits
from support.models import Habit, Help, InsightRound, Kind

MOST_SHOWN = 30


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def insight_list(request: SignedInRequest) -> HttpResponse:
    chosen = InsightFilter.from_query(request.GET, user=request.user)
    context = {
        "chosen": chosen,
        "page": page_of(chosen.rows(request.user), order=ORDER, mark=request.GET.get("page", "")),
        "chips": list(chosen.chips()),
        "reckoned_at": _reckoned_at(),
        "helps": Help.choices,
        "kinds": Kind.choices,
    }
    return render(request, "support/insight_list.html", context)


@exports(Action.INSIGHT_EXPORTED)
def insight_export(request: SignedInRequest) -> HttpResponseBase:
    header = [
        *(_("Customer"), _("Service"), _("Kind"), _("Word"), _("Tickets"), _("Above the usual"), _("Per 100 seats")),
        *(_("Similar customers"), _("Theirs per 100 seats"), _("What would help"), _("Advice"), _("Evidence")),
    ]
    rows = InsightFilter.from_query(request.GET, user=request.user).rows(request.user).order_by(*ORDER)
    return csv_answer("insight", header=header, rows=map(_cells, rows.iterator(chunk_size=500)))


def _cells(row: Habit) -> list[object]:
    of_it = (row.customer.name, row.service.name if row.service else "", Kind(row.kind).label, row.word)
    compared = (row.count, row.excess, _rounded(row.rate), row.similar, _rounded(row.similar_rate))
    return [*of_it, *compared, Help(row.help).label, sentence_of(row), ", ".join(map(str, row.numbers))]


def _rounded(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.2f}"


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def customer_insight(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """A customer's tab: what would help first, then all that it keeps asking."""
    customer = get_customer_at(request.user, tenant_id, now=timezone.now())
    rows = list(visible_habits(request.user).filter(customer=customer).order_by("-count", "-excess", "id")[:MOST_SHOWN])
    context = {
        "customer": customer,
        "advised": sorted((row for row in rows if row.advice), key=lambda row: (-row.excess, -row.count)),
        "habits": rows,
        "reckoned_at": _reckoned_at(),
        "shows_cloud": shows_clouds(request),
    }
    return render(request, "support/customer_insight.html", context)


def _reckoned_at() -> object:
    return InsightRound.objects.values_list("reckoned_at", flat=True).first()
