"""Notes which customers a person looks at, so that the switcher offers the last ones first."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.favorites import note_visit


class VisitMiddleware:
    """A page of a customer that was shown is a visit; what a page redraws by itself, or a program reads, is none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        match = request.resolver_match
        tenant_id = match.kwargs.get("tenant_id") if match else None
        is_page = answer.status_code == 200 and request.method == "GET" and "HX-Request" not in request.headers
        if tenant_id and is_page and isinstance(request.user, User) and answer["Content-Type"].startswith("text/html"):
            note_visit(request.user, tenant_id, now=timezone.now())
        return answer
