"""Opens a list with the filters that a person chose for it, where its address asks for nothing."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from csp_portal.accounts.models import User


class FirstViewMiddleware:
    """Who comes from the same page has just taken the last filter away, and sees the whole list."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        kept = request.user.first_views if isinstance(request.user, User) else {}
        if not kept or request.method != "GET" or request.META["QUERY_STRING"] or "HX-Request" in request.headers:
            return None
        query = kept.get(request.resolver_match.view_name) if request.resolver_match else None
        is_from_here = _path_of(request.headers.get("Referer", "")) == request.path
        return HttpResponseRedirect(f"{request.path}?{query}") if query and not is_from_here else None


def _path_of(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:  # anybody can send anything as Referer
        return ""
