"""The pages of the capability matrix: all customers, one customer with its chains, and one cell."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.limits.rates import limited
from customers.access import get_customer, get_customer_at, sees_many_clouds, visible_customers
from customers.choices import shared_choices
from customers.customer_filter import CustomerFilter
from customers.gdap.abilities import Abilities, abilities_of
from customers.gdap.again import ask_about
from customers.gdap.capabilities import JOB_OF_KEY, JOBS
from customers.gdap.cells import mark_due, reckon_at_once
from customers.gdap.gather import facts_of
from customers.gdap.matrix import AbilityFilter, Whose, count_causes, customers_of, draw_matrix, page_of_matrix, whose
from customers.gdap.matrix_chips import chips_of_matrix
from customers.gdap.matrix_export import matrix_file
from customers.gdap.reckon import Cause
from customers.models import Customer, Tier
from customers.pictures import page_with, shared, shared_picture


@limited("search", per_minute=240)
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def capabilities(request: SignedInRequest) -> HttpResponse:
    chosen = chosen_from(request.GET, request=request)
    me = whose(request.user) if chosen.mine else None
    if me is None:
        drawn = shared_picture(request, "capabilities", draw=lambda: _draw(request, chosen, me=None))
    else:
        drawn = _draw(request, chosen, me=me)
    if request.headers.get("HX-Request") == "true":
        return page_with(request, "gdap/capabilities.html", drawn)
    context = {
        "chosen": chosen,
        "jobs": JOBS,
        "causes": Cause,
        "tiers": Tier,
        "choices": shared_choices(request, with_tags=False),
        "may_export": may(request.user, Capability.EXPORT),
        "may_reckon": may(request.user, Capability.EDIT_CUSTOMERS),
    }
    return page_with(request, "gdap/capabilities.html", drawn, **context)


def _draw(request: SignedInRequest, chosen: AbilityFilter, *, me: Whose | None) -> str:
    now = timezone.now()
    page = page_of_matrix(request.user, chosen, now=now, me=me, mark=request.GET.get("page", ""))
    context = {
        "chosen": chosen,
        "page": page,
        "matrix": draw_matrix(page.rows, chosen=chosen, me=me),
        "tiles": _tiles(request, chosen, me=me),
        "chips": chips_of_matrix(request.user, chosen),
        "me": me,
    }
    return render_to_string("gdap/_capabilities.html", context, request)


def _tiles(request: SignedInRequest, chosen: AbilityFilter, *, me: Whose | None) -> list[dict[str, Any]]:
    """How many customers have each cause, each the way to just those; a second click takes it away again."""
    counts = count_causes(request.user, chosen, now=timezone.now(), me=me)
    tiles = []
    for cause, count in counts.items():
        query = QueryDict(mutable=True)
        for name, value in replace(chosen, cause="" if chosen.cause == cause else cause.value).to_query().items():
            query.setlist(name, [value] if isinstance(value, str) else value)
        tiles.append({"cause": cause, "count": count, "url": f"?{query.urlencode()}"})
    return tiles


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def capabilities_export(request: SignedInRequest) -> HttpResponseBase:
    chosen = chosen_from(request.GET, request=request)
    me = whose(request.user) if chosen.mine else None
    record(Action.CAPABILITIES_EXPORTED, by=request.user, after={"filters": chosen.to_query()})
    rows = customers_of(request.user, chosen, now=timezone.now(), me=me)
    return matrix_file(rows, chosen=chosen, me=me)


@limited("read again", per_minute=30)
@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def reckon_now(request: SignedInRequest) -> HttpResponse:
    """Let all customers that this person sees be reckoned anew, in the background."""
    count = mark_due(visible_customers(request.user).order_by().values("pk"))
    text = ngettext("%(count)d customer is being reckoned.", "%(count)d customers are being reckoned.", count)
    messages.success(request, text % {"count": count})
    return redirect("gdap:capabilities")


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def abilities(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """Everything that we can do at one customer and why not; the panel alone where htmx asks for it."""
    now = timezone.now()
    if request.headers.get("HX-Request") == "true":
        customer = get_customer(request.user, tenant_id)
        context = _of_customer(_abilities_of(customer, request=request, now=now), request)
        name = "_abilities" if request.GET.get("all") == "yes" else "_can_i"
        return _varied(render(request, f"gdap/{name}.html", context))
    customer = get_customer_at(request.user, tenant_id, now=now)
    context = _of_customer(_abilities_of(customer, request=request, now=now), request)
    return _varied(render(request, "gdap/abilities.html", {**context, "shows_cloud": sees_many_clouds(request.user)}))


def _abilities_of(customer: Customer, *, request: SignedInRequest, now: datetime) -> Abilities:
    """What was granted is the same for all who look; what one person can do with it is not."""
    make = partial(facts_of, [customer.pk], now=now)
    facts = shared(request, "facts", [customer.pk], make=make)[customer.pk]
    return abilities_of(customer, user=request.user, now=now, facts=facts)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def ability(request: SignedInRequest, tenant_id: UUID, job: str) -> HttpResponse:
    """One cell: the chain link by link, for us or with `?mine=yes` for the person who asks."""
    if job not in JOB_OF_KEY:
        raise Http404(_("There is no such capability."))
    customer = get_customer(request.user, tenant_id)
    found = abilities_of(customer, user=request.user, now=timezone.now())
    line = next(line for line in found.lines if line.job.key == job)
    is_mine = request.GET.get("mine") == "yes"
    chain = line.mine if is_mine else line.ours
    context = {**_of_customer(found, request), "line": line, "chain": chain, "mends": found.mends(chain)}
    context["is_mine"] = is_mine
    if request.headers.get("HX-Request") != "true":
        return _varied(render(request, "gdap/ability.html", context))
    name = "_ability_now" if request.GET.get("now") == "yes" else "_ability"
    return _varied(render(request, f"gdap/{name}.html", context))


@limited("read again", per_minute=30)
@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def abilities_again(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    customer = get_customer(request.user, tenant_id)
    ask_about(customer)
    reckon_at_once([customer.pk], now=timezone.now())
    messages.success(request, _("It is read again at Microsoft; what is found shows here by itself."))
    job = request.POST.get("job", "")
    return redirect("gdap:ability", tenant_id, job) if job in JOB_OF_KEY else redirect("gdap:abilities", tenant_id)


def chosen_from(query: QueryDict, *, request: SignedInRequest) -> AbilityFilter:
    """What the address asks for; nonsense in it is as if it were not there."""
    job, cause = query.get("job", ""), query.get("cause", "")
    return AbilityFilter(
        customers=replace(
            CustomerFilter.from_query(query, user=request.user),
            state=None,
            only_problems=False,
            cause=None,
            is_gone=False,
            sort="health",
        ),
        job=job if job in JOB_OF_KEY else "",
        cause=cause if cause in Cause.values else "",
        shows_all=query.get("show") == "all",
        mine=query.get("mine") == "yes",
    )


def _of_customer(found: Abilities, request: SignedInRequest) -> dict[str, Any]:
    return {
        "customer": found.customer,
        "abilities": found,
        "may_change": may(request.user, Capability.MANAGE_ACCESS),
        "may_reckon": may(request.user, Capability.EDIT_CUSTOMERS),
    }


def _varied(answer: HttpResponse) -> HttpResponse:
    patch_vary_headers(answer, ["HX-Request"])
    return answer
