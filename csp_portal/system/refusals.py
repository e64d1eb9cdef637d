"""The pages behind 400, 403 and 404: each says what is wrong and what to do; programs get the sentence alone."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found, permission_denied

from csp_portal.accounts.models import Role
from csp_portal.limits.refused import refuse


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Also where Django finds too late that a body is too large."""
    is_large = isinstance(exception, RequestDataTooBig)
    title = _("That is too much at once") if is_large else _("The portal could not read that request")
    text = _("Go back and try again. If it goes on, tell whoever runs the portal which page it was.")
    return refuse(request, 413 if is_large else 400, title=title, text=text)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if getattr(request.user, "role", "") == Role.NONE:
        return render(request, "accounts/no_access.html", status=403)
    return permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return refuse(request, 404, title="", text=_("The API has no such address."))
    return page_not_found(request, exception)
