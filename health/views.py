"""Pages of health: the dashboard, one customer, the list of issues and one issue."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Upper
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.keyset import page_of
from csp_portal.limits.rates import limited
from customers.access import get_customer_at
from customers.advice import advice_on_group
from customers.choices import shows_clouds
from customers.models import CloudChoice, Connection, State
from customers.pictures import page_with, shared, shared_picture
from health import dashboard as picture
from health.activity import activity_of
from health.customer_health import read_customer_health, reading_of, recent_changes
from health.exports import exposures_file, issues_file
from health.handover import handovers_of
from health.history import moment_of
from health.issue_list import ExposureFilters, IssueFilters, issue_page_of, services_with_issues
from health.issue_tabs import tabs_beside
from health.models import Issue, Review
from health.notice_runs.queries import runs_of
from health.posts import next_update_of, with_changes
from health.queries import get_issue, unknown_hits, visible_exposures
from health.reach import count_reach, draw_reach, draw_reaches


def _answer(request: SignedInRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """The page, or only its fragment of the same name where htmx redraws it."""
    is_fragment = request.headers.get("HX-Request") == "true"
    answer = render(request, f"health/_{name}.html" if is_fragment else f"health/{name}.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def dashboard(request: SignedInRequest) -> HttpResponse:
    drawn = shared_picture(request, "dashboard", draw=lambda: _draw_dashboard(request))
    if drawn is not None:
        return page_with(request, "health/dashboard.html", drawn)
    if request.user.sees != User.Sees.ALL:
        return _answer(request, "no_customers", {})
    return _answer(request, "first_run", {"connections": list(Connection.objects.order_by("name"))})


def _draw_dashboard(request: SignedInRequest) -> str | None:
    """The dashboard of all customers this person may see; None where there are none."""
    now = timezone.now()
    census = picture.take_census(request.user, now=now)
    if not census.customers:
        return None
    issues, open_issues = picture.worst_open_issues(request.user, now=now)
    context = {
        "census": census,
        "states": [(state, census.by_state[state]) for state in State],
        "unknown": [(group, advice_on_group(group.cause)) for group in census.unknown],
        "issues": issues,
        "open_issues": open_issues,
        "customers": picture.customers_with_problems(request.user, now=now),
        "services": picture.draw_bars(picture.services_with_problems(request.user, now=now)),
        "shows_cloud": shows_clouds(request),
        "interval_minutes": max(1, round(settings.HEALTH_INTERVAL_SECONDS / 60)),
    }
    return render_to_string("health/_dashboard.html", context, request)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def customer_health(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    now = timezone.now()
    customer = get_customer_at(request.user, tenant_id, now=now)
    context = {
        "customer": customer,
        "health": reading_of(customer),
        "board": shared(request, "customer", [customer.pk], make=lambda: _draw_board(request, customer, now=now)),
        "shows_cloud": shows_clouds(request),
    }
    return _answer(request, "customer_health", context)


def _draw_board(request: SignedInRequest, customer: Any, *, now: datetime) -> str:
    health = read_customer_health(request.user, customer, now=now)
    context = {"customer": customer, "health": health, "changes": recent_changes(customer, now=now)}
    return render_to_string("health/_customer_board.html", {**context, "shows_cloud": shows_clouds(request)}, request)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def customer_panel(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """What a customer's own page shows of health."""
    now = timezone.now()
    customer = get_customer_at(request.user, tenant_id, now=now)
    health = read_customer_health(request.user, customer, now=now)
    context = {"health": health, "advice": reading_of(customer).advice}
    return render(request, "health/_customer_panel.html", context)


@limited("search", per_minute=240)
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def issue_list(request: SignedInRequest) -> HttpResponse:
    filters = IssueFilters.from_address(request.GET, user=request.user)
    drawn = shared_picture(request, "issues", draw=lambda: _draw_issues(request, filters))
    if request.headers.get("HX-Request") == "true":
        return page_with(request, "health/issue_list.html", drawn)
    context = {
        "filters": filters,
        "may_export": may(request.user, Capability.EXPORT),
        "services": shared(request, "services", [], make=lambda: services_with_issues(request.user)),
        "classifications": Issue.Classification.choices,
        "clouds": CloudChoice.choices,
        "shows_cloud": shows_clouds(request),
    }
    return page_with(request, "health/issue_list.html", drawn, **context)


def _draw_issues(request: SignedInRequest, filters: IssueFilters) -> str:
    page = issue_page_of(request.user, filters, mark=request.GET.get("page", ""))
    now = timezone.now()
    unknown = unknown_hits(request.user, issues=page.rows, now=now)
    curves = draw_reaches(visible_exposures(request.user, now=now).filter(issue__in=page.rows), now=now)
    context = {
        "filters": filters,
        "chips": list(filters.chips()),
        "page": page,
        "rows": [(issue, unknown.get(issue.pk, 0), curves.get(issue.pk)) for issue in page.rows],
        "shows_cloud": shows_clouds(request),
    }
    return render_to_string("health/_issue_list.html", context, request)


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def issue_export(request: SignedInRequest) -> HttpResponseBase:
    answer = issues_file(request.user, IssueFilters.from_address(request.GET, user=request.user))
    record(Action.ISSUES_EXPORTED, by=request.user, after={"filters": dict(request.GET.lists())})
    return answer


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def issue_page(request: SignedInRequest, cloud: str, microsoft_id: str) -> HttpResponse:
    issue = get_issue(request.user, cloud=cloud, microsoft_id=microsoft_id)
    tab = request.GET.get("tab", "")
    review: Review | None = getattr(issue, "review", None)
    has_form = review is not None and review.state == Review.State.FAILED
    if tab in _OWN_TABS or has_form:  # forms are one person's
        return _answer(request, "issue_page", _issue_context(request, issue, review=review, tab=tab))
    drawn = shared_picture(request, "issue", draw=lambda: _draw_issue(request, issue, review=review, tab=tab))
    return page_with(request, "health/issue_page.html", drawn, issue=issue)


def _draw_issue(request: SignedInRequest, issue: Issue, *, review: Review | None, tab: str) -> str:
    context = _issue_context(request, issue, review=review, tab=tab)
    return render_to_string("health/_issue_page.html", context, request)


def _issue_context(request: SignedInRequest, issue: Issue, *, review: Review | None, tab: str) -> dict[str, Any]:
    now = timezone.now()
    exposures = visible_exposures(request.user, now=now).filter(issue=issue)
    posts = list(issue.posts.order_by("-posted_at", "-id"))
    next_update = next_update_of(posts[0].html) if posts and not issue.is_resolved else None
    told_at = posts[0].posted_at if posts else None
    reach = shared(
        request,
        "reach",
        [issue.pk],
        make=lambda: (count_reach(exposures, told_at=told_at, now=now), draw_reach(exposures, now=now)),
    )
    context: dict[str, Any] = {
        "issue": issue,
        "shows_cloud": shows_clouds(request),
        "counts": reach[0],
        "curve": reach[1],
        "next_update": next_update,
        "handovers": handovers_of(issue, next_update=next_update),
        "now": now,
        "tab": tab if tab in _ISSUE_TABS else "updates",
        "more_tabs": tabs_beside(issue),
        "review": review,
        "may_edit": may(request.user, Capability.EDIT_CUSTOMERS),
    }
    if tab in _ISSUE_TABS:
        context |= _ISSUE_TABS[tab](request, issue, now)
    else:
        context["posts"] = list(zip(posts, with_changes([post.html for post in posts]), strict=True))
    return context


def _customers_of(request: SignedInRequest, issue: Issue, now: datetime) -> dict[str, Any]:
    filters = ExposureFilters.from_address(request.GET, user=request.user)
    rows = filters.apply(visible_exposures(request.user, now=now).filter(issue=issue), user=request.user)
    rows = rows.annotate(customer_key=Upper("customer__name"))
    rows = rows.select_related(None).select_related("customer")  # the issue is the same in every row
    return {"filters": filters, "page": page_of(rows, order=("customer_key", "id"), mark=request.GET.get("page", ""))}


def _notices_of(request: SignedInRequest, issue: Issue, now: datetime) -> dict[str, Any]:
    return {"runs": runs_of(request.user, issue)}


def _activity_of(request: SignedInRequest, issue: Issue, now: datetime) -> dict[str, Any]:
    before = moment_of(request.GET.get("before", ""), latest=now)
    return {"activity": activity_of(request.user, issue, before=before)}


# What each tab beside Microsoft's updates shows.
_ISSUE_TABS: dict[str, Callable[[SignedInRequest, Issue, datetime], dict[str, Any]]] = {
    "customers": _customers_of,
    "notices": _notices_of,
    "activity": _activity_of,
}
_OWN_TABS = ("notices", "activity")


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def issue_customers_export(request: SignedInRequest, cloud: str, microsoft_id: str) -> HttpResponseBase:
    issue = get_issue(request.user, cloud=cloud, microsoft_id=microsoft_id)
    filters = ExposureFilters.from_address(request.GET, user=request.user)
    answer = exposures_file(request.user, issue, filters, now=timezone.now())
    record(Action.ISSUE_CUSTOMERS_EXPORTED, by=request.user, about=issue, after={"filters": dict(request.GET.lists())})
    return answer
