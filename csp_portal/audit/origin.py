"""Where an act comes from: the address and the id of the request that is being answered."""

import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from csp_portal import logs

_answering: ContextVar[tuple[HttpRequest, str] | None] = ContextVar("answering", default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """A command or a task has neither address nor request."""

    address: str | None = None
    request_id: str = ""


def current_origin() -> Origin:
    answering = _answering.get()
    if answering is None:
        return Origin()
    request, request_id = answering
    return Origin(address=address_of(request), request_id=request_id)


class OriginMiddleware:
    """Gives each request an id, which log lines, the audit and the answer's X-Request-Id carry."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = str(uuid.uuid4())
        request.META[logs.REQUEST_ID] = request_id
        token, log_token = _answering.set((request, request_id)), logs.request_id.set(request_id)
        try:
            answer = self.get_response(request)
        finally:
            _answering.reset(token)
            logs.request_id.reset(log_token)
        answer["X-Request-Id"] = request_id
        return answer


def address_of(request: HttpRequest) -> str | None:
    """Where the browser or program is, as the one trusted proxy names it: what is recorded, counted and shown."""
    try:
        return str(get_adapter(request).get_client_ip(request))
    except PermissionDenied:  # a local socket has none
        return None
