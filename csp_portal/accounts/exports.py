"""The one way in which a list becomes a file: rarely, with a fresh proof, and noted in the audit with its filters."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.limits.rates import limited

P = ParamSpec("P")
View = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]


def exports(action: Action, *, capability: Capability = Capability.EXPORT) -> Callable[[View[P]], Any]:
    """For a view that answers with csp_portal.spreadsheet.csv_answer, of the rows that its page shows."""

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        def noted(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            answer = view(request, *args, **kwargs)
            record(action, by=request.user, after={"filters": dict(request.GET.lists())})
            return answer

        marked = wraps(view)(noted)
        return limited("export", per_minute=10)(require_safe(requires(capability, step_up=True)(marked)))

    return decorate
