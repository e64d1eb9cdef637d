"""Pages of suspected incidents: what we saw before Microsoft spoke of it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from customers.group_filter import GroupFilter, group_chips
from health.models import Suspicion
from health.suspicion_forms import SuspicionForm
from health.suspicions import dismiss, get_suspicion, report, visible_suspicions

PAGE_SIZE = 50


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def suspicion_list(request: SignedInRequest) -> HttpResponse:
    groups = GroupFilter.from_query(request.GET, user=request.user)
    rows: QuerySet[Suspicion] = visible_suspicions(request.user, groups=groups)
    context = {
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "groups": groups,
        "chips": list(group_chips(groups, asked=groups.to_query())),
        "may_report": _may_report(request),
    }
    return render(request, "health/suspicion_list.html", context)


@require_http_methods(["GET", "POST"])
@requires(Capability.EDIT_CUSTOMERS)
def suspicion_new(request: SignedInRequest) -> HttpResponse:
    """`?customer=` fills in whom it is about, and `?service=` the service's number."""
    named = {"customers": request.GET.get("customer", "")[:400], "service": request.GET.get("service", "")}
    form = SuspicionForm(request.POST or None, user=request.user, initial=named)
    if not form.is_valid():
        return render(request, "health/suspicion_new.html", {"form": form})
    cleaned = form.cleaned_data
    now = timezone.now()
    found = report(cleaned["service"], seen=cleaned["seen"], customers=cleaned["customers"], by=request.user, now=now)
    messages.success(request, _("Reported. It is merged with Microsoft's issue when that appears."))
    return redirect("health:suspicion_page", found.pk)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def suspicion_page(request: SignedInRequest, pk: int) -> HttpResponse:
    context = {"suspicion": get_suspicion(request.user, pk), "may_report": _may_report(request)}
    return render(request, "health/suspicion_page.html", context)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def suspicion_dismiss(request: SignedInRequest, pk: int) -> HttpResponse:
    suspicion, why = get_suspicion(request.user, pk), " ".join(request.POST.get("why", "").split())[:300]
    if not why or "\x00" in why:
        messages.error(request, _("Say in a few words why it was no incident."))
    elif dismiss(suspicion, why=why, by=request.user, now=timezone.now()):
        messages.success(request, _("Dismissed."))
    else:
        messages.info(request, _("It had ended already."))
    return redirect("health:suspicion_page", pk)


def _may_report(request: SignedInRequest) -> bool:
    return may(request.user, Capability.EDIT_CUSTOMERS)
