"""The headers that every answer carries, be it a page, a file, a download or a refusal."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from csp_portal.policy import PERMISSIONS_POLICY


class HeadersMiddleware:
    """Adds what neither Django nor django-csp sets; it stands first, so that redirects to https carry it too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        answer.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        answer.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        # What a person saw must not come back from a disk after they signed out; static files say otherwise themselves.
        answer.headers.setdefault("Cache-Control", "private, no-store")
        answer.headers.setdefault("X-Frame-Options", "DENY")
        return answer
