"""The page of the matrix: customers × services, the worst first, only problems unless asked for all."""

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from customers.access import visible_connections, visible_customers
from customers.listing import CustomerFilter, choices_for, listing_of
from customers.models import CloudChoice, State
from health.matrix import MatrixFilter, count_states, draw_matrix, names_of_services, service_of


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def matrix(request: SignedInRequest) -> HttpResponse:
    now, is_fragment = timezone.now(), request.headers.get("HX-Request") == "true"
    everyone = visible_customers(request.user)
    chosen = _chosen(request)
    page = listing_of(everyone, chosen=chosen.customers, now=now).page(request.GET.get("page", ""))
    choices = choices_for(everyone, connections=visible_connections(request.user), with_tags=not is_fragment)
    context = {
        "chosen": chosen,
        "page": page,
        "matrix": draw_matrix(request.user, page.rows, chosen=chosen, now=now),
        "counts": count_states(request.user, replace(chosen.customers, state=None, only_problems=False), now=now),
        "choices": choices,
        "services": names_of_services(),
        "states": State,
        "clouds": [cloud for cloud in CloudChoice if cloud in {*choices.clouds, chosen.customers.cloud}],
        "shows_cloud": len(choices.clouds) > 1 or bool(chosen.customers.cloud),
        "now": now,
    }
    answer = render(request, "health/_matrix.html" if is_fragment else "health/matrix.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _chosen(request: SignedInRequest) -> MatrixFilter:
    """What the address asks for; customers without a problem only where it says so."""
    customers = CustomerFilter.from_query(request.GET)
    shows_all = request.GET.get("show") == "all"
    if not shows_all and customers.state is None:
        customers = replace(customers, only_problems=True)
    return MatrixFilter(
        customers=replace(customers, sort="health"),
        service=service_of(request.GET.get("service", "")),
        shows_all=shows_all,
    )
