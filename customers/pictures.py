"""Pictures that many people look at: drawn once, then shown for some seconds to all who may see the same."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.cache import caches
from django.core.cache.utils import make_template_fragment_key
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import SignedInRequest
from customers.access import scope_groups_of

ValueT = TypeVar("ValueT")
# Set for as long as pictures are shown: whoever just changed something sees it drawn anew, and so does everybody else.
WROTE = "wrote"


class OwnWritesMiddleware:
    """Remembers in the browser that its person just wrote something."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if request.method == "POST" and settings.PICTURE_SECONDS and request.user.is_authenticated:
            secure = settings.SESSION_COOKIE_SECURE
            answer.set_cookie(
                WROTE, "1", max_age=settings.PICTURE_SECONDS, secure=secure, httponly=True, samesite="Lax"
            )
        return answer


def shared_picture(request: SignedInRequest, name: str, *, draw: Callable[[], ValueT]) -> ValueT:
    """What `draw` made of this address for somebody with the same rights, at most PICTURE_SECONDS ago.

    Staff leave the dashboard and the matrix open, and each page asks again every 15 seconds: without this, what 200
    people look at would be counted anew for each of them. It holds nothing of a person but role, scope and language.
    """
    return shared(request, name, [request.get_full_path()], make=draw)


def shared(request: SignedInRequest, name: str, about: Sequence[object], *, make: Callable[[], ValueT]) -> ValueT:
    """The same for a part of a picture: what `make` found `about` something for somebody with the same rights."""
    key = make_template_fragment_key(name, [*_viewpoint(request), *about])
    if WROTE in request.COOKIES:
        value = make()
        caches["pictures"].set(key, value, timeout=settings.PICTURE_SECONDS)
        return value
    return cast(ValueT, caches["pictures"].get_or_set(key, make, timeout=settings.PICTURE_SECONDS))


def _viewpoint(request: SignedInRequest) -> list[Any]:
    """All of a person that decides what a picture shows; a change of somebody's scope or role counts at once."""
    user = request.user
    groups = [] if user.sees == User.Sees.ALL else sorted(group.pk for group in scope_groups_of(user))
    language, zone = translation.get_language(), timezone.get_current_timezone_name()
    whose = user.pk if "favorite" in request.GET else None  # favorites are one person's
    return [user.acts_as, user.sees, groups, language, zone, whose]


def page_with(request: HttpRequest, template: str, picture: str, **context: Any) -> HttpResponse:
    """The picture alone where htmx redraws it, else the page around it, which shows it as `picture`."""
    is_fragment = request.headers.get("HX-Request") == "true"
    answer = HttpResponse(picture) if is_fragment else render(request, template, {**context, "picture": picture})
    patch_vary_headers(answer, ["HX-Request"])
    return answer
