"""What would turn red: as a page of its own, and as a part of the preview of an order."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.limits.rates import limited
from customers.gdap.order_choice import chosen_of
from customers.gdap.what_if import MOST, TAKING, Change, by_job, losses_of
from customers.models import AccessAssignment, Order, Relationship, SecurityGroup

SHOWN = 200


@limited("search", per_minute=240)
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.SEE_CUSTOMERS)
def what_if(request: SignedInRequest) -> HttpResponse:
    """Nothing is changed by it; a form posts here where an address would grow too long."""
    asked = request.POST if request.method == "POST" else request.GET
    rows = _chosen(asked, request=request)
    change = _change(asked, rows=rows)
    is_asked = change.action in TAKING and bool(rows)
    now = timezone.now()
    losses, unread = losses_of(change, relationships=rows[:MOST], now=now) if is_asked else ([], 0)
    context: dict[str, Any] = {
        "change": change,
        "rows": rows,
        "is_asked": is_asked,
        "most": MOST if len(rows) > MOST else None,
        "losses": losses[:SHOWN],
        "unread": unread,
        "more": max(0, len(losses) - SHOWN),
        "counts": by_job(losses).items(),
        "customers": len({loss.customer.pk for loss in losses}),
    }
    is_fragment = request.headers.get("HX-Request") == "true"
    if not is_fragment:
        context |= {"actions": [action for action in Order.Action if action in TAKING], "groups": _groups(rows)}
    answer = render(request, "gdap/_what_if.html" if is_fragment else "gdap/what_if.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _chosen(asked: QueryDict, *, request: SignedInRequest) -> list[Relationship]:
    """Just those that an order of the same form would change; what this person may not see is not there."""
    action = asked.get("action", "")
    if action not in TAKING:
        action = Order.Action.TERMINATE
    found = chosen_of(asked, action=action, user=request.user, now=timezone.now()).relationships
    return [row for row in found if row.gone_at is None]


def _change(asked: QueryDict, *, rows: list[Relationship]) -> Change:
    action = asked.get("action", "")
    return Change(
        action=action if action in Order.Action.values else "",
        relationships=frozenset(row.pk for row in rows),
        group_id=_uuid(asked.get("group_id", "")),
        role_ids=frozenset(role for text in asked.getlist("role_ids") if (role := _uuid(text)) is not None),
    )


def _groups(rows: list[Relationship]) -> list[SecurityGroup]:
    """The groups that hold something in them."""
    held = AccessAssignment.objects.filter(relationship__in=[row.pk for row in rows], gone_at__isnull=True)
    connections = {row.connection_id for row in rows}
    known = SecurityGroup.objects.filter(connection__in=connections, group_id__in=held.values("group_id"))
    return list(known.order_by("name", "pk"))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
