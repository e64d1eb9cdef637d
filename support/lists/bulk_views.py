"""Changing many tickets: look at what would happen, start it, follow it, stop it."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.keyset import page_of
from csp_portal.limits.rates import limited
from support.access import visible_tickets
from support.lists.bulk import MOST, start, stop, wanted_of
from support.lists.filters import ORDERS, TicketFilter, tickets_of
from support.lists.search import matching
from support.models import BulkChange, BulkRow

SHOWN = 10


@require_POST
@requires(Capability.WORK_TICKETS)
def bulk_preview(request: SignedInRequest) -> HttpResponse:
    """Which tickets would become what; nothing is written yet."""
    filters = request.POST.get("filters", "")[:1000]
    numbers = _numbers(request.user, request.POST, filters=filters)
    chosen = request.POST.get("change", "")
    wanted = wanted_of(chosen, by=request.user, asked_at=timezone.now())
    if not numbers or wanted is None:
        messages.error(request, _("Choose tickets and what they shall become."))
        return redirect(f"/tickets/?{QueryDict(filters).urlencode()}")
    mine = visible_tickets(request.user).filter(pk__in=numbers).select_related("customer")
    count = mine.count()
    context = {
        "numbers": ",".join(map(str, numbers)),
        "change": chosen,
        "wanted": wanted,
        "count": count,
        "refused": len(numbers) - count,
        "tickets": mine.order_by("-pk")[:SHOWN],
        "more": max(0, count - SHOWN),
        "is_capped": len(numbers) == MOST,
    }
    return render(request, "support/bulk_preview.html", context)


@limited("bulk", per_minute=30)
@require_POST
@requires(Capability.WORK_TICKETS)
def bulk_start(request: SignedInRequest) -> HttpResponse:
    now, chosen = timezone.now(), request.POST.get("change", "")
    numbers = _plain_numbers(request.POST.get("numbers", "").split(","))
    if not numbers or wanted_of(chosen, by=request.user, asked_at=now) is None:
        messages.error(request, _("Choose tickets and what they shall become."))
        return redirect("support:ticket_list")
    return redirect("support:bulk_page", pk=start(numbers, chosen=chosen, by=request.user, now=now).pk)


@require_safe
@requires(Capability.WORK_TICKETS)
def bulk_page(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far it is, and what became of each ticket; the refused ones first."""
    bulk = _own(request, pk)
    counts = dict(bulk.rows.order_by().values_list("state").annotate(Count("pk")))
    state = request.GET.get("state", "")
    rows = bulk.rows.filter(state=state) if state in BulkRow.State.values else bulk.rows.all()
    context = {
        "bulk": bulk,
        "wanted": wanted_of(bulk.change, by=request.user, asked_at=bulk.asked_at),
        "counts": [(one, counts.get(one.value, 0)) for one in BulkRow.State],
        "total": sum(counts.values()),
        "done": sum(counts.values()) - counts.get(BulkRow.State.PENDING, 0),
        "page": page_of(rows, order=("-state", "number"), mark=request.GET.get("page", "")),
    }
    is_fragment = request.headers.get("HX-Request") == "true"
    return render(request, f"support/{'_' if is_fragment else ''}bulk_page.html", context)


@require_POST
@requires(Capability.WORK_TICKETS)
def bulk_stop(request: SignedInRequest, pk: int) -> HttpResponse:
    stop(_own(request, pk), now=timezone.now())
    messages.success(request, _("Stopped. What was done before stays done."))
    return redirect("support:bulk_page", pk=pk)


def _own(request: SignedInRequest, pk: int) -> BulkChange:
    return get_object_or_404(BulkChange, pk=pk, person=request.user)


def _numbers(user: User, given: QueryDict, *, filters: str) -> list[int]:
    """Those that were chosen, or all that the filters of the list leave, at most MOST."""
    if given.get("all") != "yes":
        return _plain_numbers(given.getlist("ticket"))
    chosen = TicketFilter.from_query(QueryDict(filters), user=user)
    found = tickets_of(user, chosen, now=timezone.now())
    found = matching(found, words=chosen.words) if chosen.words else found
    return list(found.order_by(*ORDERS[chosen.sort]).values_list("pk", flat=True)[:MOST])


def _plain_numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts[:MOST] if text.isascii() and text.isdecimal() and len(text) < 10]
