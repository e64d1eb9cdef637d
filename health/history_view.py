"""The history of one customer: bars of days, availability, and what we knew at a moment."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from customers.access import get_customer_at, sees_many_clouds
from health.downtime.queries import downtimes_of
from health.history import PERIODS, moment_of, read_history, what_we_knew
from health.notice_runs.queries import told_by


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def customer_history(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    now = timezone.now()
    customer = get_customer_at(request.user, tenant_id, now=now)
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, PERIODS) else PERIODS[0]
    read_at = customer.health_read_at
    at = moment_of(request.GET.get("at", ""), latest=now)
    context = {
        "customer": customer,
        "histories": read_history(customer, days=days, read_at=read_at, now=now),
        "downtimes": downtimes_of(request.user, customer),
        "days": days,
        "periods": PERIODS,
        "asked_at": request.GET.get("at", ""),
        "known": what_we_knew(request.user, customer, at=at, read_at=read_at, now=now) if at else None,
        "told": told_by(request.user, customer, at=at) if at else (),
        "now": now,
        "shows_cloud": sees_many_clouds(request.user),
    }
    return render(request, "health/customer_history.html", context)
