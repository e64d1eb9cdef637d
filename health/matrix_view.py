"""The page of the matrix: customers × services, the worst first, only problems unless asked for all."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from customers.access import visible_connections, visible_customers
from customers.choices import shared_choices
from customers.customer_filter import CustomerFilter, chips_of
from customers.group_filter import Chip, address_without
from customers.listing import listing_of
from customers.models import CloudChoice, State, Tier
from customers.pictures import page_with, shared_picture
from health.matrix import MatrixFilter, count_states, draw_matrix, names_of_services, service_of


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def matrix(request: SignedInRequest) -> HttpResponse:
    chosen = chosen_in(request)
    drawn = shared_picture(request, "matrix", draw=lambda: _draw(request, chosen)) or ""
    if request.headers.get("HX-Request") == "true":
        return page_with(request, "health/matrix.html", drawn)
    return page_with(request, "health/matrix.html", drawn, **_filters(request, chosen))


def _draw(request: SignedInRequest, chosen: MatrixFilter) -> str:
    now = timezone.now()
    page = listing_of(visible_customers(request.user), chosen=chosen.customers, now=now).page(
        request.GET.get("page", "")
    )
    context = {
        "chosen": chosen,
        "page": page,
        "matrix": draw_matrix(request.user, page.rows, chosen=chosen, now=now),
        "counts": count_states(
            request.user, replace(chosen.customers, state=None, only_problems=False, sort="name"), now=now
        ),
        "chips": _chips(request, chosen),
        "now": now,
    }
    return render_to_string("health/_matrix.html", context, request)


def _chips(request: SignedInRequest, chosen: MatrixFilter) -> list[Chip]:
    """What narrows the matrix beyond what it shows by itself; what is shown stays when a chip is taken away."""
    show = {"show": "all"} if chosen.shows_all else {}
    customers = replace(chosen.customers, only_problems=chosen.customers.only_problems and chosen.shows_all)
    connections = list(visible_connections(request.user)) if customers.connection else []
    owners = shared_choices(request, with_tags=False).owners if customers.owner else []
    also = {**show, **({"service": chosen.service} if chosen.service else {})}
    found = list(chips_of(customers, connections=connections, owners=owners, also=also))
    if chosen.service:
        address = address_without({**customers.to_query(), **show}, taken={})
        found.append(Chip(label=_("Service"), value=chosen.service, address=address))
    return found


def _filters(request: SignedInRequest, chosen: MatrixFilter) -> dict[str, Any]:
    """What the form above the matrix offers."""
    choices = shared_choices(request, with_tags=True)
    return {
        "chosen": chosen,
        "choices": choices,
        "services": names_of_services(),
        "states": State,
        "tiers": Tier,
        "clouds": [cloud for cloud in CloudChoice if cloud in {*choices.clouds, chosen.customers.cloud}],
        "shows_cloud": len(choices.clouds) > 1 or bool(chosen.customers.cloud),
    }


def chosen_in(request: SignedInRequest) -> MatrixFilter:
    """What the address asks for; customers without a problem only where it says so."""
    customers = CustomerFilter.from_query(request.GET, user=request.user)
    shows_all = request.GET.get("show") == "all"
    if not shows_all and customers.state is None:
        customers = replace(customers, only_problems=True)
    return MatrixFilter(
        customers=replace(customers, sort="health"),
        service=service_of(request.GET.get("service", "")),
        shows_all=shows_all,
    )
