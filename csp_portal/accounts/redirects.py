"""Where to go next: an address that a request brings is followed only within the portal."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def next_of(request: HttpRequest, *, default: str = settings.LOGIN_REDIRECT_URL) -> str:
    """The `next` of the request where it lies in the portal, else the default."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    return checked(address, request=request, default=default)


def checked(address: str, *, request: HttpRequest, default: str = settings.LOGIN_REDIRECT_URL) -> str:
    return address if is_ours(address, request=request) else default


def is_ours(address: str, *, request: HttpRequest) -> bool:
    """A path from our root, for django.shortcuts.redirect would look a bare word up as the name of a view."""
    return address.startswith("/") and url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
