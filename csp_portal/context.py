"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, object]:
    """`csp_nonce` is drawn when a template writes it; the policy in the header names only a nonce that was written."""
    words = {"version": settings.VERSION, "url": settings.PORTAL_URL}
    return {"portal": words, "csp_nonce": getattr(request, "csp_nonce", "")}
