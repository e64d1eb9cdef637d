"""What every request has to keep to before a view sees it."""

from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse


class PlainPathMiddleware:
    """Answers 400 to a path with NUL in it: no address of ours has one, and PostgreSQL can't look for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info:
            raise SuspiciousOperation("The path holds a NUL.")
        return self.get_response(request)
