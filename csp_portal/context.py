"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, object]:
    return {"portal": {"version": settings.VERSION, "url": settings.PORTAL_URL}}
