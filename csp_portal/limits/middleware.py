"""What a request may bring, in bytes and in number, before a view sees it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from csp_portal.limits.rates import rate_of, seconds_to_wait
from csp_portal.limits.refused import refuse

ViewT = TypeVar("ViewT", bound=Callable[..., Any])
LONGEST_ADDRESS = 4_000  # path and query; gunicorn's own limit stands behind it
LARGEST_API_BODY = 256_000


def takes_up_to(size: int) -> Callable[[ViewT], ViewT]:
    """Let the view take a body of so many bytes instead of DATA_UPLOAD_MAX_MEMORY_SIZE."""

    def mark(view: ViewT) -> ViewT:
        cast(Any, view).largest_body = size
        return view

    return mark


class LimitsMiddleware:
    """Refuses with 400, 413, 414 or 429 and a sentence, and before anything of the body was read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info:  # no address of ours has one, and PostgreSQL can't look for it
            raise SuspiciousOperation("The path holds a NUL.")
        if len(request.path_info.encode()) + len(request.META.get("QUERY_STRING", "")) > LONGEST_ADDRESS:
            with translation.override(translation.get_language_from_request(request)):
                return _too_long(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        largest = _largest_body(request, view)
        if _body_size(request) > largest:
            return _too_large(request, largest=largest)
        rate = rate_of(request, view)
        seconds = seconds_to_wait(request, rate) if rate else 0
        return _too_often(request, seconds=seconds) if seconds else None


def _body_size(request: HttpRequest) -> int:
    """What the request says of itself; Django reads no more than that."""
    told = request.META.get("CONTENT_LENGTH") or "0"
    return int(told) if told.isdecimal() else 0


def _largest_body(request: HttpRequest, view: Callable[..., Any]) -> int:
    is_api = request.path_info.startswith("/api/")
    return int(getattr(view, "largest_body", LARGEST_API_BODY if is_api else settings.DATA_UPLOAD_MAX_MEMORY_SIZE))


def _too_long(request: HttpRequest) -> HttpResponse:
    title = _("This address is too long")
    text = _("An address may have %(most)d characters. Choose fewer filters or shorter words.")
    return refuse(request, 414, title=title, text=text % {"most": LONGEST_ADDRESS})


def _too_large(request: HttpRequest, *, largest: int) -> HttpResponse:
    title = _("That is too much at once")
    text = _("Up to %(most)s may be sent here. Send less, or in several parts.")
    return refuse(request, 413, title=title, text=text % {"most": filesizeformat(largest)})


def _too_often(request: HttpRequest, *, seconds: int) -> HttpResponse:
    title = _("That was asked for too often")
    text = ngettext("Try again in %(seconds)d second.", "Try again in %(seconds)d seconds.", seconds)
    answer = refuse(request, 429, title=title, text=text % {"seconds": seconds})
    answer["Retry-After"] = str(seconds)
    return answer
