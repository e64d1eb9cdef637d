"""Deleting a customer with everything about it: seen beforehand, confirmed by its name, followed to its end."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.limits.rates import limited
from customers.access import get_customer_at
from customers.choices import shows_clouds
from support.erasing.deletions import ask, deletable
from support.erasing.words import KINDS
from support.models import DataDeletion

SHOWN = 100


@limited("data_deletion", per_minute=20)
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def customer_data_delete(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """What would go, kind by kind, and what stays; nothing begins until the customer's name is typed."""
    now = timezone.now()
    customer = get_customer_at(request.user, tenant_id, now=now)
    if request.method == "POST" and request.POST.get("name", "").strip() == customer.name:
        ask(customer, by=request.user, now=now)
        messages.success(request, _("The deletion has begun. It goes on by itself."))
        return redirect("support:data_deletions")
    counts = {model._meta.label: len(keys) for model, keys in deletable(customer).items()}
    context = {
        "customer": customer,
        "kinds": [(label, counts[name]) for name, label in KINDS.items() if name in counts],
        "others": sum(count for name, count in counts.items() if name not in KINDS),
        "total": sum(counts.values()),
        "is_wrong": request.method == "POST",
        "shows_cloud": shows_clouds(request),
    }
    return render(request, "support/erasing/customer_data_delete.html", context)


@require_safe
@requires(Capability.MANAGE_PORTAL)
def data_deletions(request: SignedInRequest) -> HttpResponse:
    deletions = list(DataDeletion.objects.select_related("asked_by").order_by("-pk")[:SHOWN])
    context = {"deletions": deletions, "is_working": any(row.due_at for row in deletions)}
    is_fragment = request.headers.get("HX-Request") == "true"
    return render(request, f"support/erasing/{'_' if is_fragment else ''}data_deletions.html", context)
