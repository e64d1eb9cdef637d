"""Finding customers again: marking favorites, and going to the same page of another customer."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.redirects import next_of
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.limits.rates import limited
from customers.access import get_customer
from customers.favorites import mark
from customers.switching import LONGEST_SEARCH, choices_of


@require_POST
@requires(Capability.SEE_CUSTOMERS)
def favorite(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """`is=yes` marks the customer, anything else takes the mark away."""
    customer, is_favorite = get_customer(request.user, tenant_id), request.POST.get("is") == "yes"
    mark(request.user, customer, is_favorite=is_favorite)
    if request.headers.get("HX-Request") == "true":
        context = {"customer": customer, "is_favorite": is_favorite}
        return render(request, "customers/_favorite.html", context)
    return redirect(next_of(request, default=f"/customers/{tenant_id}/"))


@limited("switch", per_minute=240)
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def switch(request: SignedInRequest) -> HttpResponse:
    """`?page=` is the view to keep, `?here=` the customer that is shown now."""
    words, page, here = (request.GET.get(name, "") for name in ("q", "page", "here"))
    context = {
        "words": words.strip()[:LONGEST_SEARCH],
        "page": page,
        "here": here,
        "choices": choices_of(request.user, words=words, page=page, but=_uuid(here)),
    }
    is_fragment = request.headers.get("HX-Request") == "true"
    answer = render(request, "customers/_switch_list.html" if is_fragment else "customers/switch.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
