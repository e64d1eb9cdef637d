"""The list of tickets as a page and as a file, and the counts beside its views."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.keyset import Page, page_of
from csp_portal.limits.rates import limited
from customers.access import visible_customers, visible_groups
from customers.group_filter import GroupFilter
from customers.pictures import shared
from health.models import Service
from support.escalation.lists import waiting_for_a_person
from support.lists.bulk import SNOOZES
from support.lists.choices import Choices, ticket_choices
from support.lists.export import tickets_file
from support.lists.filters import ORDERS, PROMISES, TicketFilter, chips_of, states_to_choose, tickets_of
from support.lists.presets import counted_views
from support.lists.search import search_page
from support.models import Family, Severity, Status
from support.ringing import ringing
from support.sla.showing import open_clocks_of

# What a row of the list is drawn from, and what its orders are marked by.
SHOWN = (
    *("pk", "id", "subject", "status", "severity", "requester_name", "tags", "snoozed_until", "promise_at"),
    *("created_at", "updated_at", "customer__name", "owner__name", "queue__name", "service__name"),
)


@limited("search", per_minute=240, only_with="q")
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def ticket_list(request: SignedInRequest) -> HttpResponse:
    """The page, or only its list where htmx redraws it."""
    groups = shared(request, "groups-to-filter", [], make=lambda: tuple(visible_groups(request.user)))
    chosen = TicketFilter.from_query(request.GET, user=request.user, groups=GroupFilter.of(request.GET, known=groups))
    is_fragment = request.headers.get("HX-Request") == "true"
    choices = shared(request, "ticket-choices", [], make=ticket_choices)
    page = page_for(request.user, chosen, mark=request.GET.get("page", ""))
    context = {
        "chosen": chosen,
        "page": page,
        "clocks": open_clocks_of([row.pk for row in page.rows]),
        "now": timezone.now(),
        "chips": list(chips_of(chosen, names=names_for(request.user, chosen, choices=choices))),
        "may_work": may(request.user, Capability.WORK_TICKETS),
    }
    if context["may_work"]:
        context["bulk_bar"] = shared(request, "bulk-bar", [], make=lambda: bulk_bar(choices))
    if not is_fragment:
        context |= {
            "owners": choices.owners,
            "queues": choices.queues,
            "severities": Severity.choices,
            "states": states_to_choose(),
            "families": Family.choices,
            "promises": list(PROMISES.items()),
            "may_export": may(request.user, Capability.EXPORT),
        }
    answer = render(request, f"support/{'_' if is_fragment else ''}ticket_list.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def bulk_bar(choices: Choices) -> str:
    """What the chosen tickets can become: the same for all who may change tickets."""
    offered = {"owners": choices.owners, "queues": choices.queues, "macros": choices.macros}
    snoozes = [(value, word) for value, (_pause, word) in SNOOZES.items()]
    plain = {"severities": Severity.choices, "statuses": Status.choices, "snoozes": snoozes}
    return render_to_string("support/_bulk_bar.html", {**offered, **plain})


def page_for(user: User, chosen: TicketFilter, *, mark: str) -> Page[Any]:
    """Rows with the columns of SHOWN: a model for each, and for each beside it, costs more than all the rest."""
    rows: Any = tickets_of(user, chosen, now=timezone.now())
    if chosen.words:
        return search_page(rows, words=chosen.words, mark=mark, columns=SHOWN)
    return page_of(rows.values_list(*SHOWN, named=True), order=ORDERS[chosen.sort], mark=mark)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def ticket_views(request: SignedInRequest) -> HttpResponse:
    """The ready-made views and the person's saved ones, each with how many tickets it holds now."""
    here = TicketFilter.from_query(QueryDict(request.GET.get("query", "")[:1000]), user=request.user)
    about = [request.user.pk, request.GET.get("query", "")]
    views = shared(
        request, "ticket-views", about, make=lambda: counted_views(request.user, here=here, now=timezone.now())
    )
    context = {
        "views": views,
        "rings": ringing(request.user, now=timezone.now()).count(),
        "to_decide": waiting_for_a_person(request.user),
    }
    return render(request, "support/_ticket_views.html", context)


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def ticket_export(request: SignedInRequest) -> HttpResponseBase:
    chosen = TicketFilter.from_query(request.GET, user=request.user)
    answer = tickets_file(request.user, chosen, now=timezone.now())
    record(Action.TICKETS_EXPORTED, by=request.user, after={"filters": dict(request.GET.lists())})
    return answer


def names_for(user: User, chosen: TicketFilter, *, choices: Choices) -> dict[str, str]:
    """What the chips call what the address names by a key; what the person may not see stays a question mark."""
    names = {
        "owner": {str(pk): name for pk, name in choices.owners}.get(chosen.owner),
        "queue": dict(choices.queues).get(chosen.queue or 0),
    }
    if chosen.customer:
        rows = visible_customers(user).filter(tenant_id=chosen.customer)
        names["customer"] = rows.values_list("name", flat=True).first()
    if chosen.service:
        names["service"] = Service.objects.filter(pk=chosen.service).values_list("name", flat=True).first()
    return {what: name for what, name in names.items() if name}
