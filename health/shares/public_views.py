"""What whoever has a signed link sees; everything is read in the name of the person who made it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from customers.models import State
from health.models import Share
from health.shares.opening import Opened, shows
from health.shares.status import DAYS, WORDS, read_status, state_of
from health.shares.wall import read_wall

_COLORS = {State.INCIDENT: "#b42318", State.DEGRADED: "#8a5200", State.UNKNOWN: "#525c6b", State.HEALTHY: "#146c43"}
_WIDE = 0x2E80  # from here on letters are as wide as they are high


@shows(Share.Kind.WALLBOARD, Share.Kind.STATUS_PAGE)
def open_link(request: HttpRequest, opened: Opened, token: str) -> HttpResponse:
    if opened.share.kind == Share.Kind.WALLBOARD:
        return _wallboard(request, opened, token)
    context = {"status": read_status(opened), "share": opened.share, "token": token, "days": DAYS}
    return render(request, "shares/status.html", context)


@shows(Share.Kind.STATUS_PAGE)
def badge(request: HttpRequest, opened: Opened, token: str) -> HttpResponse:
    """A picture for the customer's own pages: the only answer of ours that others may embed."""
    state, name = state_of(opened), opened.share.name
    words = str(WORDS[state])
    left, right = _width(name), _width(words)
    context = {
        **{"name": name, "words": words, "color": _COLORS[state]},
        **{"left": left, "right": right, "whole": left + right, "name_at": left // 2, "words_at": left + right // 2},
    }
    answer = render(request, "shares/badge.svg", context, content_type="image/svg+xml")
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer["Cache-Control"] = "private, max-age=60"
    return answer


def _width(text: str) -> int:
    return 14 + sum(12 if ord(letter) >= _WIDE else 7 for letter in text)


def _wallboard(request: HttpRequest, opened: Opened, token: str) -> HttpResponse:
    page = request.GET.get("page", "")
    wall = read_wall(opened, page=int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 1)
    is_fragment = request.headers.get("HX-Request") == "true"
    name = "shares/_wall.html" if is_fragment else "shares/wall.html"
    answer = render(request, name, {"wall": wall, "share": opened.share, "token": token, "now": opened.now})
    answer["Vary"] = "HX-Request"
    return answer
