"""The report of downtime: its list, one downtime with its intervals, its file, and the steps of a claim."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.keyset import page_of
from csp_portal.limits.rates import limited
from customers.access import feeds_of, sees_many_clouds
from customers.group_filter import group_chips
from customers.models import CloudChoice, Feed
from health.downtime.claims import decide_claim, file_claim, undo_claim
from health.downtime.detail import read_intervals
from health.downtime.export import downtimes_file
from health.downtime.forms import ClaimForm, DecisionForm
from health.downtime.queries import (
    WORST_FIRST,
    DowntimeFilter,
    choices_of,
    get_downtime,
    months_reckoned,
    row_of,
    totals_of,
    with_issues,
)
from health.downtime.reckon import next_month
from health.models import Claim, ReckonedMonth


@limited("search", per_minute=240)
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def downtime_list(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    months = months_reckoned()
    chosen = _chosen(request, months)
    rows = chosen.apply(request.user)
    services, clouds = choices_of(request.user, month=chosen.month)
    page = page_of(rows, order=WORST_FIRST, mark=request.GET.get("page", ""))
    context = {
        "months": months,
        "reckoned": next((one for one in months if one.month == chosen.month), None),
        "chosen": chosen,
        "chips": list(group_chips(chosen.groups, asked=dict(request.GET.lists()))),
        "page": page,
        "rows": with_issues(request.user, page.rows),
        "totals": totals_of(rows),
        "services": sorted({*services, chosen.service} - {""}),
        "clouds": [cloud for cloud in CloudChoice if cloud in {*clouds, chosen.cloud}],
        "shows_cloud": len(clouds) > 1,
        "may_export": may(request.user, Capability.EXPORT),
        "claim_by": last_day_to_claim(chosen.month),
        "today": now.date(),
    }
    is_fragment = request.headers.get("HX-Request") == "true"
    answer = render(request, "downtime/_list.html" if is_fragment else "downtime/list.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def downtime_export(request: SignedInRequest) -> HttpResponseBase:
    answer = downtimes_file(request.user, _chosen(request, months_reckoned()))
    record(Action.DOWNTIMES_EXPORTED, by=request.user, after={"filters": dict(request.GET.lists())})
    return answer


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def downtime_page(request: SignedInRequest, pk: int) -> HttpResponse:
    return _page(request, get_downtime(request.user, pk))


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def downtime_claim(request: SignedInRequest, pk: int) -> HttpResponse:
    downtime, now = get_downtime(request.user, pk), timezone.now()
    form = ClaimForm(request.POST, month=downtime.month, today=timezone.localdate(now))
    if not form.is_valid():
        return _page(request, downtime, form=form)
    _say(request, bool(file_claim(downtime, **form.cleaned_data, by=request.user, now=now)))
    return redirect("health:downtime_page", pk)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def downtime_decide(request: SignedInRequest, pk: int) -> HttpResponse:
    downtime = get_downtime(request.user, pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, downtime, form=form)
    told = {**form.cleaned_data, "outcome": Claim.Outcome(form.cleaned_data["outcome"])}
    _say(request, decide_claim(downtime, **told, by=request.user, now=timezone.now()))
    return redirect("health:downtime_page", pk)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def downtime_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """`outcome` is what the page showed, so that a second click takes back nothing else."""
    downtime = get_downtime(request.user, pk)
    _say(request, undo_claim(downtime, outcome=request.POST.get("outcome", ""), by=request.user))
    return redirect("health:downtime_page", pk)


def _say(request: SignedInRequest, is_done: bool) -> None:
    if is_done:
        messages.success(request, _("Saved."))
    else:
        messages.info(request, _("Somebody else was quicker: this is how the claim stands now."))


def _page(request: SignedInRequest, downtime: Any, *, form: Any = None) -> HttpResponse:
    """One downtime; `form` is one that came back with mistakes."""
    claim: Any = getattr(downtime, "claim", None)
    feed = feeds_of(downtime.customer).get(Feed.Kind.HEALTH)
    reckoned_at = ReckonedMonth.objects.get(month=downtime.month).reckoned_at or timezone.now()
    if form is None and claim is None:
        form = ClaimForm(month=downtime.month, today=timezone.localdate())
    elif form is None and claim.outcome == Claim.Outcome.CLAIMED:
        form = DecisionForm(initial={"note": claim.note})
    context = {
        "row": row_of(downtime),
        "claim": claim,
        "form": form,
        "intervals": read_intervals(
            request.user, downtime, read_at=feed.read_at if feed else None, reckoned_at=reckoned_at
        ),
        "reckoned_at": reckoned_at,
        "claim_by": last_day_to_claim(downtime.month),
        "today": timezone.now().date(),
        "may_edit": may(request.user, Capability.EDIT_CUSTOMERS),
        "shows_cloud": sees_many_clouds(request.user),
    }
    return render(request, "downtime/page.html", context)


def last_day_to_claim(month: date) -> date:
    """Microsoft takes a claim up to the end of the calendar month after the one with the incident."""
    return next_month(next_month(month)) - timedelta(days=1)


def _chosen(request: SignedInRequest, months: list[ReckonedMonth]) -> DowntimeFilter:
    names = [one.month for one in months]
    return DowntimeFilter.from_address(request.GET, months=names, today=timezone.now().date(), user=request.user)
