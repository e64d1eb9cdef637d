"""Pages of orders: the list, and one with how far it is and what became of each row."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action as Act
from csp_portal.audit.log import record
from csp_portal.keyset import page_of
from csp_portal.limits.rates import limited
from csp_portal.spreadsheet import csv_answer
from customers.access import visible_customers
from customers.gdap.order_queries import (
    NEWEST_FIRST,
    THROUGH,
    count_states,
    get_order,
    sees_all_of,
    visible_items,
    visible_orders,
    with_counts,
)
from customers.gdap.order_rows import Names, changes_of, lines_of, names_of
from customers.gdap.orders import (
    AGAIN_STATES,
    OrderRefused,
    approve_order,
    discard_order,
    resume_order,
    retry_failed,
    start_order,
    stop_order,
)
from customers.gdap.telling import untold_customers
from customers.models import Order, OrderItem

State = Order.State
UNDO = {Order.Action.EXTEND: Order.Action.DO_NOT_EXTEND, Order.Action.DO_NOT_EXTEND: Order.Action.EXTEND}


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def order_list(request: SignedInRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    orders = with_counts(visible_orders(request.user), user=request.user)
    if state in State.values:
        orders = orders.filter(state=state)
    page = page_of(orders, order=NEWEST_FIRST, mark=request.GET.get("page", ""), size=30)
    context = {"page": page, "states": State.choices, "state": state, "may_change": _may_change(request)}
    return render(request, "gdap/order_list.html", context)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def order_page(request: SignedInRequest, pk: int) -> HttpResponse:
    order = get_order(request.user, pk)
    items = visible_items(request.user).filter(order=order)
    counts, state = count_states(items), request.GET.get("state", "")
    shown = items.filter(state=state) if state in OrderItem.State.values else items
    page = page_of(_with_parts(shown), order=("position",), mark=request.GET.get("page", ""))
    context = {
        "order": order,
        "page": page,
        "lines": lines_of(page.rows, names=names_of()),
        "counts": [(code, OrderItem.State(code).label, number) for code, number in counts.items()],
        "total": sum(counts.values()),
        "through": sum(counts.get(code, 0) for code in THROUGH),
        "troubled": sum(counts.get(code, 0) for code in AGAIN_STATES),
        "state": state,
        "may_change": _may_change(request),
        "may_export": may(request.user, Capability.EXPORT),
        "is_own": order.ordered_by_id == request.user.pk,
        "undo": _undo(order, items),
        "untold": _untold(request, order),
    }
    is_fragment = request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers
    answer = render(request, "gdap/_order_progress.html" if is_fragment else "gdap/order_page.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _untold(request: SignedInRequest, order: Order) -> int:
    """How many customers were not told yet of what a draft will change."""
    if order.state != State.DRAFT:
        return 0
    ours = visible_customers(request.user).order_by().values("pk")
    return untold_customers(order, now=timezone.now()).filter(pk__in=ours).count()


@limited("order", per_minute=60)
@require_POST
@requires(Capability.MANAGE_ACCESS, step_up=True)
def order_step(request: SignedInRequest, pk: int, step: str) -> HttpResponse:
    order = get_order(request.user, pk)
    act = _STEPS.get(step)
    if act is None:
        raise Http404
    if not sees_all_of(request.user, order):
        words = _("This order is also about customers that you may not see. Ask a colleague who sees them.")
        messages.error(request, words)
        return redirect("gdap:order_page", pk)
    try:
        messages.success(request, act(request, order))
    except OrderRefused as refused:
        messages.error(request, str(refused))
    return redirect("gdap:order_list") if step == "discard" else redirect("gdap:order_page", pk)


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def order_export(request: SignedInRequest, pk: int) -> HttpResponseBase:
    order = get_order(request.user, pk)
    record(Act.ORDERS_EXPORTED, by=request.user, about=order)
    header = [
        *(_("Row"), _("Customer"), _("Tenant ID"), _("Relationship"), _("State"), _("Problem")),
        *(_("Changes"), _("Tries"), _("Ended")),
    ]
    items = _with_parts(visible_items(request.user).filter(order=order)).order_by("position")
    return csv_answer(f"order-{order.pk}", header=header, rows=_cells(items, names=names_of()))


def _cells(items: QuerySet[OrderItem], *, names: Names) -> Iterator[list[object]]:
    for item in items.iterator(chunk_size=500):
        changes = "; ".join(f"{field}: {before} → {after}" for field, before, after in changes_of(item, names=names))
        line = lines_of([item], names=names)[0]
        yield [
            *(item.position, line.customer, item.customer.tenant_id if item.customer else "", line.title),
            *(item.get_state_display(), item.problem, changes, item.tries),
            item.ended_at.isoformat() if item.ended_at else "",
        ]


def _with_parts(items: QuerySet[OrderItem]) -> QuerySet[Any]:
    return items.select_related("order", "customer", "relationship", "assignment")


def _may_change(request: SignedInRequest) -> bool:
    return may(request.user, Capability.MANAGE_ACCESS)


def _undo(order: Order, items: QuerySet[OrderItem]) -> str:
    """The address of the order that takes this one back, where Microsoft allows that; at most 500 rows."""
    action = UNDO.get(Order.Action(order.action))
    if action is None or order.state != State.DONE:
        return ""
    done = items.filter(state=OrderItem.State.DONE, relationship__isnull=False).order_by("position")
    numbers = list(done.values_list("relationship", flat=True)[:501])
    if not 0 < len(numbers) <= 500:
        return ""
    return f"action={action}&" + "&".join(f"relationship={number}" for number in numbers)


def _start(request: SignedInRequest, order: Order) -> str:
    start_order(order, by=request.user, now=timezone.now())
    return _("The order has begun.")


def _stop(request: SignedInRequest, order: Order) -> str:
    stop_order(order, by=request.user, now=timezone.now())
    return _("Stopped: nothing more of it is sent. What Microsoft has got already is followed to its end.")


def _resume(request: SignedInRequest, order: Order) -> str:
    resume_order(order, by=request.user, now=timezone.now())
    return _("It goes on.")


def _retry(request: SignedInRequest, order: Order) -> str:
    count = retry_failed(order, by=request.user)
    return ngettext("%(count)d row is tried again.", "%(count)d rows are tried again.", count) % {"count": count}


def _approve(request: SignedInRequest, order: Order) -> str:
    approve_order(order, by=request.user)
    return _("You have approved it: the limit of changes an hour in a tenant does not hold it up any more.")


def _discard(request: SignedInRequest, order: Order) -> str:
    discard_order(order, by=request.user)
    return _("The draft is thrown away.")


_STEPS: dict[str, Callable[[SignedInRequest, Order], str]] = {
    "start": _start,
    "stop": _stop,
    "resume": _resume,
    "retry": _retry,
    "approve": _approve,
    "discard": _discard,
}
