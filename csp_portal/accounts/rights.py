"""Who may do what: one table of roles and capabilities, and the decorator that every view declares its need with."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from csp_portal.accounts.api_models import ApiToken, TokenScope
from csp_portal.accounts.models import Role, User
from csp_portal.accounts.step_up import ask_again, is_confirmed

P = ParamSpec("P")


class Capability(StrEnum):
    SEE_CUSTOMERS = "SEE_CUSTOMERS"  # customers, their health, issues
    EXPORT = "EXPORT"  # lists as files
    EDIT_CUSTOMERS = "EDIT_CUSTOMERS"  # tags, "read again now", taking a customer in
    WORK_TICKETS = "WORK_TICKETS"  # take in, note, answer and change tickets
    MANAGE_ACCESS = "MANAGE_ACCESS"  # delegated administration
    SEE_AUDIT = "SEE_AUDIT"  # who did what, of all customers
    MANAGE_PORTAL = "MANAGE_PORTAL"  # connections, people, groups, links, the system page


# Line by line what each role may do; what does not stand here is refused.
CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.NONE: frozenset(),
    Role.VIEWER: frozenset(
        {
            Capability.SEE_CUSTOMERS,
        }
    ),
    Role.SUPPORT_AGENT: frozenset(
        {
            Capability.SEE_CUSTOMERS,
            Capability.EXPORT,
            Capability.EDIT_CUSTOMERS,
            Capability.WORK_TICKETS,
        }
    ),
    Role.ACCESS_ADMIN: frozenset(
        {
            Capability.SEE_CUSTOMERS,
            Capability.EXPORT,
            Capability.EDIT_CUSTOMERS,
            Capability.WORK_TICKETS,
            Capability.MANAGE_ACCESS,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            Capability.SEE_CUSTOMERS,
            Capability.EXPORT,
            Capability.SEE_AUDIT,
        }
    ),
    Role.OWNER: frozenset(
        {
            Capability.SEE_CUSTOMERS,
            Capability.EXPORT,
            Capability.EDIT_CUSTOMERS,
            Capability.WORK_TICKETS,
            Capability.MANAGE_ACCESS,
            Capability.SEE_AUDIT,
            Capability.MANAGE_PORTAL,
        }
    ),
}


# What a token opens at most, of what its person may do at that moment.
TOKEN_CAPABILITIES: dict[TokenScope, frozenset[Capability]] = {
    TokenScope.READ: frozenset({Capability.SEE_CUSTOMERS}),
    TokenScope.WRITE: frozenset(
        {Capability.EDIT_CUSTOMERS, Capability.WORK_TICKETS, Capability.MANAGE_ACCESS}  # of the last: drafts only
    ),
}


class SignedInRequest(HttpRequest):
    """A request whose user is one of ours; LoginRequiredMiddleware has turned the anonymous away."""

    user: User


def may(user: User, capability: Capability) -> bool:
    return user.is_active and capability in CAPABILITIES[user.acts_as]


def opens(token: ApiToken, capability: Capability) -> bool:
    """Whether one of the token's scopes holds the capability; whether its person has it is for `may` to say."""
    return any(capability in TOKEN_CAPABILITIES[TokenScope(scope)] for scope in token.scopes)


def scopes_for(user: User) -> list[TokenScope]:
    """The scopes that would open something to this person."""
    return [scope for scope, known in TOKEN_CAPABILITIES.items() if any(may(user, one) for one in known)]


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
