"""Pages of delegated access: the list of relationships and one of them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.keyset import page_of
from csp_portal.limits.rates import limited
from customers.access import get_customer_at, sees_many_clouds, visible_connections
from customers.gdap.doings import doings_of
from customers.gdap.export import relationships_file
from customers.gdap.feeds import ask_for, cloud_has_gdap
from customers.gdap.filters import ENDED, MARKS, STATES, RelationshipFilters
from customers.gdap.history import history_of, order_items_of
from customers.gdap.queries import for_list, get_relationship, visible_relationships
from customers.gdap.rows import holders_of, known_roles, rows_of, words_of
from customers.gdap.store import ask_for_parts
from customers.gdap.telling import told_of
from customers.models import (
    GLOBAL_ADMINISTRATOR,
    AccessAssignment,
    Connection,
    Customer,
    Feed,
    GdapFeed,
    Relationship,
    RoleTemplate,
)
from customers.pictures import page_with, shared_picture
from customers.writes import read_switch

ORDER = ("customer_key", "id")
MOST_OF_ONE = 100
_PROBLEMS = dict(Feed.Problem.choices)


def _answer(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """The page, or only its fragment of the same name where htmx redraws it."""
    is_fragment = request.headers.get("HX-Request") == "true"
    answer = render(request, f"gdap/_{name}.html" if is_fragment else f"gdap/{name}.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@limited("search", per_minute=240)
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def relationship_list(request: SignedInRequest) -> HttpResponse:
    filters = RelationshipFilters.from_address(request.GET, user=request.user)
    known = list(_with_reading(visible_connections(request.user)))
    drawn = shared_picture(request, "relationships", draw=lambda: _draw_list(request, filters, known=known))
    if request.headers.get("HX-Request") == "true":
        return page_with(request, "gdap/relationship_list.html", drawn)
    connections = [one for one in known if cloud_has_gdap(one)]
    context = {
        "filters": filters,
        "states": STATES.items(),
        "marks": MARKS.items(),
        "ends": (7, 14, 30, 60, 90, 180),
        "connections": connections,
        "templates": RoleTemplate.objects.filter(connection__in=connections).order_by("name"),
        "may_export": may(request.user, Capability.EXPORT),
        "may_change": may(request.user, Capability.MANAGE_ACCESS),
    }
    return page_with(request, "gdap/relationship_list.html", drawn, **context)


def _draw_list(request: SignedInRequest, filters: RelationshipFilters, *, known: list[Any]) -> str:
    """The tiles, what was not read, and a page of the rows."""
    now = timezone.now()
    mine = visible_relationships(request.user)
    rows = for_list(filters.apply(mine, user=request.user, now=now)).select_related("customer", "template")
    page = page_of(rows, order=ORDER, mark=request.GET.get("page", ""))
    connections = [one for one in known if cloud_has_gdap(one)]
    context = {
        "filters": filters,
        "chips": list(filters.chips()),
        "page": page,
        "rows": rows_of(page.rows),
        "counts": _counts(request, now=now),
        "connections": connections,
        "unread": [(one, _PROBLEMS[one.list_problem]) for one in connections if one.list_problem],
        "without_gdap": [one for one in known if one not in connections],
        "may_export": may(request.user, Capability.EXPORT),
        "may_change": may(request.user, Capability.MANAGE_ACCESS),
    }
    return render_to_string("gdap/_relationship_list.html", context, request)


def _with_reading(connections: QuerySet[Connection]) -> QuerySet[Any]:
    """With how their lists of relationships were read last: `list_problem` and `list_read_at`."""
    lists = GdapFeed.objects.filter(connection=OuterRef("pk"), kind=GdapFeed.Kind.RELATIONSHIPS)
    return connections.annotate(
        list_problem=Subquery(lists.values("problem")), list_read_at=Subquery(lists.values("read_at"))
    )


def _counts(request: SignedInRequest, *, now: datetime) -> dict[str, int]:
    """What the tiles above the list say, over all that this person may see."""
    here = visible_relationships(request.user).filter(gone_at__isnull=True)
    active = Q(status=Relationship.Status.ACTIVE)
    assigned = AccessAssignment.objects.filter(relationship=OuterRef("pk"), gone_at__isnull=True, status="active")
    return here.aggregate(
        active=Count("pk", filter=active),
        pending=Count("pk", filter=Q(status=Relationship.Status.APPROVAL_PENDING)),
        soon=Count("pk", filter=active & Q(ends_at__gt=now, ends_at__lte=now + timedelta(days=30))),
        has_global=Count("pk", filter=active & Q(role_ids__contains=[GLOBAL_ADMINISTRATOR])),
        unassigned=Count("pk", filter=active & ~Q(Exists(assigned))),
    )


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def relationship_export(request: SignedInRequest) -> HttpResponseBase:
    now = timezone.now()
    filters = RelationshipFilters.from_address(request.GET, user=request.user)
    rows = for_list(filters.apply(visible_relationships(request.user), user=request.user, now=now))
    record(Action.RELATIONSHIPS_EXPORTED, by=request.user, after={"filters": filters.to_query()})
    return relationships_file(rows.select_related("customer", "connection", "template").order_by(*ORDER))


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def customer_relationships(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """What this customer granted us, the longest first; what is over or no longer reported comes last."""
    customer = get_customer_at(request.user, tenant_id, now=timezone.now())
    drawn = shared_picture(request, "customer-relationships", draw=lambda: _draw_of_customer(request, customer))
    shows_cloud = sees_many_clouds(request.user)
    return page_with(request, "gdap/customer_relationships.html", drawn, customer=customer, shows_cloud=shows_cloud)


def _draw_of_customer(request: SignedInRequest, customer: Customer) -> str:
    mine = visible_relationships(request.user).filter(customer=customer).select_related("customer", "template")
    mine = mine.annotate(is_over=Q(status__in=ENDED) | Q(gone_at__isnull=False))
    ordered = mine.order_by("is_over", F("ends_at").desc(nulls_first=True), "pk")
    context = {
        "customer": customer,
        "rows": rows_of(list(ordered[:MOST_OF_ONE])),
        "cloud_has_gdap": cloud_has_gdap(customer.connection),
        "may_change": may(request.user, Capability.MANAGE_ACCESS),
    }
    return render_to_string("gdap/_customer_relationships.html", context, request)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def relationship_page(request: SignedInRequest, pk: int) -> HttpResponse:
    relationship = get_relationship(request.user, pk)
    context = {
        "relationship": relationship,
        "board": shared_picture(request, "relationship", draw=lambda: _draw_board(request, relationship)),
        "may_change": may(request.user, Capability.MANAGE_ACCESS),
        "may_read_again": may(request.user, Capability.EDIT_CUSTOMERS),
    }
    return _answer(request, "relationship_page", context)


def _draw_board(request: SignedInRequest, relationship: Relationship) -> str:
    """All of it but the head, whose forms are one person's."""
    names, privileged = known_roles()
    holders = holders_of([relationship], names=names, gone_too=True)[relationship.pk]
    groups = {str(holder.assignment.group_id): holder.name for holder in holders}
    context = {
        "relationship": relationship,
        "roles": words_of(relationship.role_ids, names=names),
        "privileged": privileged,
        "holders": holders,
        "requests": relationship.requests.order_by("-created_at", "-pk"),
        "operations": relationship.operations.order_by("-created_at", "-pk"),
        "history": history_of(relationship, names=names, groups=groups),
        "told": told_of(request.user, relationship),
        "items": order_items_of(relationship),
        "doings": doings_of(relationship, switch=read_switch()),
        "may_change": may(request.user, Capability.MANAGE_ACCESS),
    }
    return render_to_string("gdap/_relationship_board.html", context)


@limited("read again", per_minute=30)
@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def relationship_read_again(request: SignedInRequest, pk: int) -> HttpResponse:
    relationship = get_relationship(request.user, pk)
    ask_for_parts([relationship])
    ask_for(relationship.connection, GdapFeed.Kind.GROUPS)
    messages.success(request, _("It will be read in a moment."))
    return redirect("gdap:relationship_page", pk=relationship.pk)
