"""What whoever has a signed link sees; everything is read in the name of the person who made it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from health.models import Share
from health.shares.opening import Opened, shows
from health.shares.wall import read_wall


@shows(Share.Kind.WALLBOARD)
def open_link(request: HttpRequest, opened: Opened, token: str) -> HttpResponse:
    return _wallboard(request, opened, token)


def _wallboard(request: HttpRequest, opened: Opened, token: str) -> HttpResponse:
    page = request.GET.get("page", "")
    wall = read_wall(opened, page=int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 1)
    is_fragment = request.headers.get("HX-Request") == "true"
    name = "shares/_wall.html" if is_fragment else "shares/wall.html"
    answer = render(request, name, {"wall": wall, "share": opened.share, "token": token, "now": opened.now})
    answer["Vary"] = "HX-Request"
    return answer
