"""The page behind 403: people who have no role yet read what to do next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import permission_denied

from csp_portal.accounts.models import Role


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if getattr(request.user, "role", "") == Role.NONE:
        return render(request, "accounts/no_access.html", status=403)
    return permission_denied(request, exception)
