"""Customer pages: the list and its export, and the page of one customer with its tabs."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import replace_url

from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.limits.rates import limited
from csp_portal.spreadsheet import csv_answer
from customers.access import (
    feeds_of,
    get_customer_at,
    visible_customers,
)
from customers.advice import advice_on, consent_url
from customers.changes import Reading, TagError, keep_tags, parsed_tags, read_again
from customers.choices import shared_choices, shows_clouds
from customers.consents import consent_of
from customers.customer_filter import Choices, CustomerFilter, chips_of
from customers.export import customer_header, customer_row
from customers.favorites import favorites_of
from customers.gdap.portal_rights import blocked_for
from customers.listing import COUNTED_TO, listing_of
from customers.models import CloudChoice, Consent, Feed, State, Tier
from customers.pictures import page_with, shared
from customers.portals import grouped_portals, portals_of

SEARCH_ABOVE = 12
WHY_NOT = {
    Reading.THROTTLED: _("Microsoft asked for a pause at this customer; it is read by itself when the pause is over."),
    Reading.OVER_LIMIT: _("We have asked Microsoft enough for now. It is read by itself as soon as there is room."),
    Reading.NO_CONNECTION: _("This customer has no connection, so nobody can read it. Give it one first."),
    Reading.PAUSED: _("This customer is paused. Resume it first."),
    Reading.CONNECTION_PAUSED: _("The connection of this customer is paused. An owner can go on in the settings."),
    Reading.GONE: _("Microsoft no longer lists this customer as ours, so it is not read."),
}


@limited("search", per_minute=240)
@require_GET
@requires(Capability.SEE_CUSTOMERS)
def customer_list(request: SignedInRequest) -> HttpResponse:
    chosen = CustomerFilter.from_query(request.GET, user=request.user)
    marked = favorites_of(request.user)
    choices = shared_choices(request, with_tags=not _wants_fragment(request))
    about = [request.get_full_path(), *sorted(marked)]
    drawn = shared(request, "customers", about, make=lambda: _draw_list(request, chosen, choices, marked=marked))
    if _wants_fragment(request):
        response = HttpResponse(drawn)
    else:
        response = render(request, "customers/customer_list.html", {"picture": drawn, **_filters(chosen, choices)})
    patch_vary_headers(response, ["HX-Request"])
    if request.headers.get("HX-Trigger") == "customer_filters":
        return replace_url(response, f"{request.path}{_query_string(chosen)}")
    return response


def _draw_list(request: SignedInRequest, chosen: CustomerFilter, choices: Choices, *, marked: set[int]) -> str:
    listing = listing_of(visible_customers(request.user), chosen=chosen, now=timezone.now())
    page_of_rows = listing.page(request.GET.get("page", ""))
    owners = dict(choices.owners)
    for row in page_of_rows.rows:
        row.owner_word = owners.get(row.owner_id or 0, "")  # type: ignore[attr-defined]  # in hand, so no join for it
    context = {
        "chosen": chosen,
        "page": page_of_rows,
        "favorites": marked,
        "count": listing.count(),
        "counted_to": COUNTED_TO,
        "chips": list(chips_of(chosen, connections=choices.connections, owners=choices.owners)),
        "shows_cloud": len(choices.clouds) > 1 or bool(chosen.cloud),
        "may_export": may(request.user, Capability.EXPORT),
        "may_manage": may(request.user, Capability.MANAGE_PORTAL),
    }
    return render_to_string("customers/_customer_list.html", context, request)


def _filters(chosen: CustomerFilter, choices: Choices) -> dict[str, Any]:
    """What the form above the list offers."""
    return {
        "chosen": chosen,
        "tiers": Tier,
        "consents": Consent.State.choices,
        "choices": choices,
        "states": State,
        "clouds": [cloud for cloud in CloudChoice if cloud in {*choices.clouds, chosen.cloud}],
        "shows_cloud": len(choices.clouds) > 1 or bool(chosen.cloud),
    }


@limited("export", per_minute=10)
@require_GET
@requires(Capability.EXPORT, step_up=True)
def customer_export(request: SignedInRequest) -> HttpResponseBase:
    chosen, now = CustomerFilter.from_query(request.GET, user=request.user), timezone.now()
    rows, order = listing_of(visible_customers(request.user), chosen=chosen, now=now).ordered()
    found = rows.select_related("connection", "owner", "calendar").order_by(*order).iterator(chunk_size=500)
    record(Action.CUSTOMERS_EXPORTED, by=request.user, after={"filters": chosen.to_query()})
    return csv_answer(f"customers-{now:%Y-%m-%d-%H%M}", header=customer_header(), rows=map(customer_row, found))


@require_GET
@requires(Capability.SEE_CUSTOMERS)
def customer_page(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    customer = get_customer_at(request.user, tenant_id, now=timezone.now())
    drawn = shared(request, "overview", [customer.pk], make=lambda: _draw_overview(request, customer))
    context = {"customer": customer, "shows_cloud": shows_clouds(request)}
    return page_with(request, "customers/customer_page.html", drawn, **context)


def _draw_overview(request: SignedInRequest, customer: Any) -> str:
    feeds = feeds_of(customer)
    health = feeds.get(Feed.Kind.HEALTH)
    is_unknown = customer.health_now == State.UNKNOWN
    context = {
        "customer": customer,
        "health_feed": health,
        "links_feed": feeds.get(Feed.Kind.LINKS),
        "shows_cloud": shows_clouds(request),
        "consent": consent_of(customer),
        "consent_link": consent_url(customer),
        "advice": advice_on(customer, cause=customer.unknown_now, is_unknown=is_unknown, feed=health),
    }
    return render_to_string("customers/_overview.html", context, request)


@require_GET
@requires(Capability.SEE_CUSTOMERS)
def customer_services(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    customer = get_customer_at(request.user, tenant_id, now=timezone.now())
    words = request.GET.get("q", "").strip()
    portals = blocked_for(request.user, portals_of(customer), customer=customer, now=timezone.now())
    found = [portal for portal in portals if words.casefold() in portal.title.casefold()]
    context = {
        "customer": customer,
        "groups": grouped_portals(found),
        "words": words,
        "has_search": len(portals) > SEARCH_ABOVE,
        "shows_cloud": shows_clouds(request),
        "feed": feeds_of(customer).get(Feed.Kind.LINKS),
    }
    page = "customers/customer_services.html"
    return _answer(request, page=page, fragment="customers/_portals.html", context=context)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def customer_tags(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    customer = get_customer_at(request.user, tenant_id, now=timezone.now())
    written, problem = request.POST.get("tags", ""), ""
    try:
        keep_tags(customer, tags=parsed_tags(written), by=request.user)
    except TagError as error:
        problem = str(error)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, _("The tags were saved."))
    if not _wants_fragment(request):
        return redirect("customers:customer_page", tenant_id)
    context = {"customer": customer, "is_answer": True, "problem": problem, "written": written}
    return render(request, "customers/_tags.html", context)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def customer_read_again(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    customer = get_customer_at(request.user, tenant_id, now=timezone.now())
    outcome = read_again(customer)
    if outcome is Reading.DUE:
        messages.success(request, _("It is read again now; what is new appears here within seconds."))
    else:
        messages.warning(request, WHY_NOT[outcome])
    if _wants_fragment(request):
        return render(request, "components/_messages.html")
    return redirect("customers:customer_page", tenant_id)


def _answer(request: SignedInRequest, *, page: str, fragment: str, context: dict[str, Any]) -> HttpResponse:
    """The page, or its fragment where htmx redraws it."""
    answer = render(request, fragment if _wants_fragment(request) else page, context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _wants_fragment(request: SignedInRequest) -> bool:
    """Whether htmx asks for a part of the page, not for the page itself after going back."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def _query_string(chosen: CustomerFilter) -> str:
    """The part of the address that asks for just this, without what was left empty."""
    query = urlencode(chosen.to_query(), doseq=True)
    return f"?{query}" if query else ""
