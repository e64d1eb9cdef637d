"""The page on which an order is made up: what to do, with what, what will happen, and what is refused and why."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.limits.rates import limited
from customers.access import visible_connections, visible_customers, visible_groups
from customers.gdap.doings import ACTIONS, reasons_against
from customers.gdap.order_choice import OF_CUSTOMERS, Chosen, chosen_of, items_of
from customers.gdap.order_forms import OrderForm, privileged_of
from customers.gdap.order_rows import lines_of, names_of
from customers.gdap.orders import NewItem, OrderRefused, place_order, preview_items, start_order
from customers.gdap.rows import privileged_names
from customers.gdap.rules import OF_ASSIGNMENTS
from customers.gdap.telling import untold_of
from customers.gdap.what_if import TAKING
from customers.models import GLOBAL_ADMINISTRATOR, Order, OrderItem
from customers.writes import read_switch

Action = Order.Action
State = OrderItem.State
SHOWN = 200  # rows of a preview; the counts are of all


@limited("order", per_minute=60)
@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_ACCESS, step_up=True)
def order_new(request: SignedInRequest) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    action = asked.get("action", "")
    chosen = chosen_of(asked, action=action, user=request.user, now=timezone.now())
    if action not in Action.values:
        return render(request, "gdap/order_actions.html", _actions(chosen, asked=asked))
    is_told = "reason" in asked
    begun = {"asked_job": asked.get("job", ""), "asked_group": asked.get("group_id", "")}
    form = OrderForm(asked if is_told else None, action=action, chosen=chosen, **begun)
    items = _items(form, chosen, action=action, asked=asked)
    if asked.get("do") in ("start", "draft") and request.method == "POST" and form.is_valid() and items:
        if asked.get("seen") == str(len(items)):
            return _place(request, action=action, items=items, form=form)
        form.add_error(None, _("What was chosen has changed meanwhile. Look at the rows and order again."))
    context = _context(request, form=form, chosen=chosen, items=items, action=action, asked=asked)
    return render(request, "gdap/order_new.html", context)


def _items(form: OrderForm, chosen: Chosen, *, action: str, asked: QueryDict) -> list[NewItem]:
    parameters = form.parameters() if form.is_valid() else {}
    pattern = asked.get("pattern", "") or str(form.fields["pattern"].initial if "pattern" in form.fields else "")
    group = {"group_id": asked.get("group_id", "")}
    return items_of(chosen, action=action, parameters=parameters or group, pattern=pattern)


def _place(request: SignedInRequest, *, action: str, items: list[NewItem], form: OrderForm) -> HttpResponse:
    now, parameters = timezone.now(), form.parameters()
    order = place_order(
        action, items=items, by=request.user, reason=form.cleaned_data["reason"], parameters=parameters, now=now
    )
    if request.POST.get("do") == "start":
        try:
            start_order(order, by=request.user, now=now)
        except OrderRefused as refused:
            messages.error(request, str(refused))
    else:
        messages.success(request, _("The order is kept as a draft; nothing was sent."))
    return redirect("gdap:order_page", order.pk)


def _context(
    request: SignedInRequest, *, form: OrderForm, chosen: Chosen, items: list[NewItem], action: str, asked: QueryDict
) -> dict[str, Any]:
    parameters = form.parameters() if form.is_valid() else _as_begun(form)
    is_complete = form.is_bound or action not in (Action.ASSIGN, *OF_ASSIGNMENTS)
    rows = preview_items(action, items=items, parameters=parameters, is_complete=is_complete)
    counts = Counter(row.state for row in rows)
    roles = [str(role) for role in parameters.get("role_ids") or ()]
    return {
        "form": form,
        "action": action,
        "label": Action(action).label,
        "lines": lines_of(_refused_first(rows)[:SHOWN], names=names_of()),
        "total": len(rows),
        "possible": counts[State.WAITING],
        "refused": counts[State.REFUSED],
        "nothing": counts[State.NOTHING],
        "more": max(len(rows) - SHOWN, 0),
        "hidden": _hidden(asked),
        "asks_customers": action in OF_CUSTOMERS,
        "takes_away": action in TAKING,
        "has_global_administrator": GLOBAL_ADMINISTRATOR in roles,
        "privileged": privileged_of(roles),
        "privileged_names": privileged_names(),
        "ends_access": action in (Action.TERMINATE, Action.UNASSIGN, Action.DELETE),
        "untold": _untold(request, rows, action=action),
        "chosen": chosen,
        "groups": visible_groups(request.user),
        "connections": visible_connections(request.user),
        "may_invite_anybody": request.user.sees == request.user.Sees.ALL,
        "summary": ngettext("%(count)d row", "%(count)d rows", len(rows)) % {"count": len(rows)},
    }


def _untold(request: SignedInRequest, rows: list[OrderItem], *, action: str) -> int:
    """How many customers were not told lately of such a change."""
    changed = {row.customer_id for row in rows if row.state == State.WAITING and row.customer_id}
    return untold_of(
        action, customers=visible_customers(request.user).filter(pk__in=changed), now=timezone.now()
    ).count()


def _refused_first(rows: list[OrderItem]) -> list[OrderItem]:
    return sorted(rows, key=lambda row: (row.state != State.REFUSED, row.state == State.NOTHING, row.position))


def _as_begun(form: OrderForm) -> dict[str, Any]:
    """What the form would say as it is shown at first."""
    if form.is_bound:
        return {name: form.data[name] for name in ("group_id",) if name in form.data}
    begun = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    days = begun.pop("duration_days", None)
    told = {name: value for name, value in begun.items() if value is not None and name not in ("pattern", "reason")}
    return told | ({"duration": f"P{days}D"} if days else {})


def _hidden(asked: QueryDict) -> list[tuple[str, str]]:
    """What was chosen, for the form to send along: the ids, or the filters that stand for all that they leave."""
    kept = ("relationship", "customer", "customer_group", "connection", "open", "job", "all")
    filters = ("q", "status", "mark", "within", "ends_after", "ends_before", "group", "not_group")
    also = () if asked.get("action") == Action.CREATE else ("template",)  # a field of that action's form
    return [(name, value) for name in (*kept, *filters, *also) for value in asked.getlist(name) if value]


def _actions(chosen: Chosen, *, asked: QueryDict) -> dict[str, Any]:
    """What can be done with what was chosen, and for how many of it; with one the reason why not."""
    switch, found = read_switch(), []
    for action in ACTIONS:
        reasons = reasons_against(action, chosen.relationships, switch=switch)
        possible = sum(reason is None for reason in reasons)
        why = reasons[0] if len(reasons) == 1 else None
        address = asked.copy()
        address["action"] = action.value
        found.append({"action": action, "possible": possible, "why": why, "address": address.urlencode()})
    return {"actions": found, "chosen": chosen, "total": len(chosen.relationships)}
