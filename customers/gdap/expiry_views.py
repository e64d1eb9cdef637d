"""The forecast of access that ends, and its file."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.limits.rates import limited
from csp_portal.spreadsheet import csv_answer
from customers.gdap.chart import draw_extensions, draw_losses
from customers.gdap.endings import lapsing
from customers.gdap.forecast import Week, end_of, first_week, reckon_forecast, what_ends
from customers.gdap.queries import visible_relationships
from customers.group_filter import GroupFilter, group_chips
from customers.models import Order
from customers.pictures import page_with, shared_picture


@limited("search", per_minute=240)
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def expiry(request: SignedInRequest) -> HttpResponse:
    groups = GroupFilter.from_query(request.GET, user=request.user)
    drawn = shared_picture(request, "forecast", draw=lambda: _draw(request, groups))
    context = {
        "groups": groups,
        "chips": list(group_chips(groups, asked=groups.to_query())),
        "may_export": may(request.user, Capability.EXPORT),
    }
    return page_with(request, "gdap/expiry.html", drawn, **context)


def _draw(request: SignedInRequest, groups: GroupFilter) -> str:
    rows = groups.narrow_rows(visible_relationships(request.user), user=request.user)
    forecast = reckon_forecast(rows, now=timezone.now())
    asked = groups.to_query()
    context = {
        "forecast": forecast,
        "chips": list(group_chips(groups, asked=asked)),
        "losses": draw_losses(forecast.weeks, address_of=_address_of(asked)),
        "extensions": draw_extensions(forecast.weeks, address_of=_address_of(asked, mark="extends")),
        "rows": [(week, _links(week, asked)) for week in forecast.told],
        "clusters": [(week, _links(week, asked)) for week in forecast.clusters],
        "may_order": may(request.user, Capability.MANAGE_ACCESS),
    }
    return render_to_string("gdap/_forecast.html", context, request)


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def expiry_export(request: SignedInRequest) -> HttpResponseBase:
    """Each relationship and invitation behind the forecast, by its end."""
    header = [
        *(_("Customer"), _("Tenant ID"), _("Relationship"), _("What ends"), _("Ends"), _("Days left")),
        *(_("Extends by itself"), _("Barred by Global Administrator")),
    ]
    groups = GroupFilter.from_query(request.GET, user=request.user)
    rows = groups.narrow_rows(visible_relationships(request.user), user=request.user)
    now = timezone.now()
    record(Action.FORECAST_EXPORTED, by=request.user, after={"filters": dict(request.GET.lists())})
    return csv_answer("access-that-ends", header=header, rows=_file_rows(rows, now=now))


def _file_rows(rows: Any, *, now: datetime) -> Iterator[list[object]]:
    for row in what_ends(rows, now=now).iterator(chunk_size=500):
        bars = row.has_global_administrator
        yield _cells(row, what=_("Access"), at=row.ends_at, extends=row.extends, bars=bars, now=now)
    invitations = lapsing(rows, after=now, before=end_of(first_week(now))).select_related("customer")
    for row in invitations.order_by("lapses_at", "pk").iterator(chunk_size=500):
        yield _cells(row, what=_("Invitation"), at=row.lapses_at, extends=False, bars=False, now=now)


def _cells(row: Any, *, what: str, at: datetime, extends: bool, bars: bool, now: datetime) -> list[object]:
    name = row.customer.name if row.customer else row.customer_name
    yes = [_("yes") if is_so else _("no") for is_so in (extends, bars)]
    return [name, row.customer_tenant_id or "", row.name, what, at.isoformat(), (at - now).days, *yes]


def _address_of(asked: dict[str, list[str]], **more: str) -> Callable[[Week], str]:
    """The list of relationships, narrowed to what ends in a week."""
    return lambda week: f"{reverse('gdap:relationship_list')}?{_query(week, asked, **more)}"


def _links(week: Week, asked: dict[str, list[str]]) -> dict[str, str]:
    """Where a week's row leads: to its relationships, and to orders that save them."""
    return {
        "all": _address_of(asked)(week),
        "barred": _address_of(asked, mark="global")(week),
        "extend": _order(week, asked, action=Order.Action.EXTEND, mark="ends"),
        "unbar": _order(week, asked, action=Order.Action.REMOVE_GLOBAL_ADMINISTRATOR, mark="global"),
    }


def _order(week: Week, asked: dict[str, list[str]], **more: str) -> str:
    try:
        return f"{reverse('gdap:order_new')}?{_query(week, asked, **more)}"
    except NoReverseMatch:
        return ""


def _query(week: Week, asked: dict[str, list[str]], **more: str) -> str:
    within = {"ends_after": week.begins_on.isoformat(), "ends_before": week.next_week.isoformat()}
    return urlencode({**more, **within, **asked}, doseq=True)
