"""The search over everything: a page of its own, and what the palette shows while somebody types."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.found import LONGEST_SEARCH
from csp_portal.limits.rates import limited
from csp_portal.system.palette import find


@transaction.non_atomic_requests  # one look at a time, while somebody types
@limited("find", per_minute=300)
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def search(request: SignedInRequest) -> HttpResponse:
    """`?q=` is looked for; `?from=` is the path of the page that the palette was opened on."""
    is_fragment = request.headers.get("HX-Request") == "true"
    words, behind = request.GET.get("q", "").strip()[:LONGEST_SEARCH], request.GET.get("from", "")
    context = {
        "words": words,
        "behind": behind,
        "sections": find(request.user, words, behind=behind),
        "is_palette": is_fragment,
    }
    answer = render(request, "system/_found.html" if is_fragment else "system/search.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer
