"""The first steps: a page, and a part of the dashboard and the system page until all are done or dismissed."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from customers.first_steps import first_steps
from customers.models import FirstStepsDismissal


@require_safe
@requires(Capability.MANAGE_PORTAL)
def steps(request: SignedInRequest) -> HttpResponse:
    is_part = request.headers.get("HX-Request") == "true"
    is_hidden = is_part and FirstStepsDismissal.objects.filter(person=request.user).exists()
    found = [] if is_hidden else first_steps()
    left = [step for step in found if not step.is_done]
    context = {"steps": found if left or not is_part else [], "left": left, "next": left[0] if left else None}
    answer = render(request, "settings/_first_steps.html" if is_part else "settings/first_steps.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@require_POST
@requires(Capability.MANAGE_PORTAL)
def dismiss(request: SignedInRequest) -> HttpResponse:
    """Show this person the steps on their own page only."""
    FirstStepsDismissal.objects.get_or_create(person=request.user)
    return redirect("settings:first_steps")
