"""Who may do what: one table of roles and capabilities, and the decorator that every view declares its need with."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from csp_portal.accounts.models import Role, User
from csp_portal.accounts.step_up import ask_again, is_confirmed

P = ParamSpec("P")


class Capability(StrEnum):
    SEE_CUSTOMERS = "SEE_CUSTOMERS"  # customers, their health, issues
    EDIT_CUSTOMERS = "EDIT_CUSTOMERS"  # tags, "read again now"
    MANAGE_ACCESS = "MANAGE_ACCESS"  # delegated administration
    MANAGE_PORTAL = "MANAGE_PORTAL"  # connections, people, links, the system page


_VIEWER = frozenset({Capability.SEE_CUSTOMERS})
_SUPPORT_AGENT = _VIEWER | {Capability.EDIT_CUSTOMERS}
_ACCESS_ADMIN = _SUPPORT_AGENT | {Capability.MANAGE_ACCESS}

CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.NONE: frozenset(),
    Role.VIEWER: _VIEWER,
    Role.SUPPORT_AGENT: _SUPPORT_AGENT,
    Role.ACCESS_ADMIN: _ACCESS_ADMIN,
    Role.OWNER: _ACCESS_ADMIN | {Capability.MANAGE_PORTAL},
}


class SignedInRequest(HttpRequest):
    """A request whose user is one of ours; LoginRequiredMiddleware has turned the anonymous away."""

    user: User


def may(user: User, capability: Capability) -> bool:
    return user.is_active and capability in CAPABILITIES[Role(user.role)]


def requires(
    capability: Capability,
    *,
    step_up: bool = False,
) -> Callable[
    [Callable[Concatenate[SignedInRequest, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Let only people with this capability into the view, and with `step_up` only who just proved who they are.

    The view carries both, as `.capability` and `.step_up`, for the route tests.
    """

    def decorate(
        view: Callable[Concatenate[SignedInRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not may(cast(User, request.user), capability):
                raise PermissionDenied(capability)
            if step_up and not is_confirmed(request):
                return ask_again(request)
            return view(cast(SignedInRequest, request), *args, **kwargs)

        marked = cast(Any, guarded)
        marked.capability, marked.step_up = capability, step_up
        return cast(Callable[Concatenate[HttpRequest, P], HttpResponseBase], marked)

    return decorate
