"""Pages of the message center: what is announced, for which customers, and what one customer was told."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models.functions import Upper
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.keyset import page_of
from csp_portal.limits.rates import limited
from csp_portal.spreadsheet import csv_answer
from customers.access import feeds_of, get_customer_at, sees_many_clouds
from customers.group_filter import GroupFilter
from customers.models import Feed
from health.messages import queries
from health.messages.queries import ACT_FIRST, MessageFilters
from health.models import Message


@limited("search", per_minute=240)
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def message_list(request: SignedInRequest) -> HttpResponse:
    now, filters = timezone.now(), MessageFilters.from_address(request.GET, user=request.user)
    messages = queries.visible_messages(request.user, filters, now=now)
    context = {
        "filters": filters,
        "page": page_of(messages, order=ACT_FIRST, mark=request.GET.get("page", "")),
        "services": queries.services_with_messages(request.user),
        "may_export": may(request.user, Capability.EXPORT),
        "shows_cloud": sees_many_clouds(request.user),
        "now": now,
    }
    is_fragment = request.headers.get("HX-Request") == "true"
    return render(request, f"messages/{'_' if is_fragment else ''}message_list.html", context)


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def message_export(request: SignedInRequest) -> HttpResponseBase:
    filters = MessageFilters.from_address(request.GET, user=request.user)
    messages = queries.visible_messages(request.user, filters, now=timezone.now()).order_by(*ACT_FIRST)
    header = [
        *(_("ID"), _("Cloud"), _("Title"), _("Category"), _("Severity"), _("Services"), _("Major change")),
        *(_("Act by"), _("Starts"), _("Ends"), _("Last update"), _("Customers")),
    ]
    record(Action.MESSAGES_EXPORTED, by=request.user, after={"filters": dict(request.GET.lists())})
    return csv_answer("messages", header=header, rows=_cells(messages.iterator(chunk_size=500)))


def _cells(messages: Iterator[Any]) -> Iterator[list[object]]:
    for one in messages:
        moments = (one.act_by, one.starts_at, one.ends_at, one.modified_at)
        yield [
            *(one.microsoft_id, one.cloud, one.title, one.get_category_display(), one.get_severity_display()),
            *(", ".join(one.services), _("yes") if one.is_major else _("no")),
            *(moment.isoformat() if moment else "" for moment in moments),
            one.customers,
        ]


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def message_page(request: SignedInRequest, pk: int) -> HttpResponse:
    message, groups = queries.get_message(request.user, pk), GroupFilter.from_query(request.GET, user=request.user)
    seen = groups.narrow_rows(queries.sightings_of(request.user).filter(message=message), user=request.user)
    rows = seen.select_related("customer").annotate(customer_key=Upper("customer__name"))
    context = {
        "message": message,
        "groups": groups,
        "page": page_of(rows, order=("customer_key", "id"), mark=request.GET.get("page", "")),
        "now": timezone.now(),
    }
    return render(request, "messages/message_page.html", context)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def customer_messages(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    now = timezone.now()
    customer = get_customer_at(request.user, tenant_id, now=now)
    seen = customer.messages.filter(dropped_at=None).values("message")
    messages = queries.with_act_key(Message.objects.filter(pk__in=seen).defer("html"), now=now)
    context = {
        "customer": customer,
        "feed": feeds_of(customer).get(Feed.Kind.MESSAGES),
        "page": page_of(messages, order=ACT_FIRST, mark=request.GET.get("page", "")),
        "now": now,
    }
    return render(request, "messages/customer_messages.html", context)
