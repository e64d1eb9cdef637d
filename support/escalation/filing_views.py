"""One escalation of a ticket: the form, filing it, and what people decide where nobody knows."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.limits.rates import limited
from customers.models import PortalLink
from customers.portals import Portal, filled_portal
from support.access import get_ticket
from support.escalation.answers import LINK_OF, Where
from support.escalation.azure_lists import ask_lists, lists_for
from support.escalation.beginning import Refused
from support.escalation.filing_forms import FilingForm, filing_of
from support.escalation.following.showing import at_microsoft, files_to_send
from support.escalation.ordering import order_filing, save_form, settle_as_filed, settle_as_not_filed, why_not_now
from support.escalation.values import PARTS, SEVERITY_WORDS, Filing, description_of
from support.models import Escalation, EscalationBounce, Severity


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def escalation_page(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    row = escalation_of(request, number, pk)
    filing = filing_of(row, user=request.user)
    context = _context(request, row, filing=filing)
    if row.state in {Escalation.State.FILED, Escalation.State.CLOSED} or row.attempts:
        context |= {
            "bounces": row.bounces.select_related("by", "asked_by").order_by("-at", "-pk"),
            "bounce_reasons": EscalationBounce.Reason.choices,
        }
    if row.state in {Escalation.State.FILED, Escalation.State.CLOSED}:
        context |= {
            "there": at_microsoft(row, now=timezone.now()),
            "sender": filing.address,
            "begun": request.session.pop(f"escalation-{row.pk}", ""),
            "files": files_to_send(row),
            "severities": Severity.choices,
        }
    return render(request, "support/escalation_page.html", context)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def escalation_state(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """What the page waits for; a page with a form is left to its reader, any other is drawn anew when it changed."""
    row = escalation_of(request, number, pk)
    picture = _picture(request, row)
    is_new = request.GET.get("was", "") != picture
    is_draft = row.state == Escalation.State.DRAFT
    context = {"ticket": row.ticket, "escalation": row, "picture": picture, "is_ready": is_new and is_draft}
    answer = render(request, "support/_escalation_waits.html", context)
    if is_new and not is_draft:
        answer.headers["HX-Refresh"] = "true"
    return answer


@limited("escalation_form", per_minute=60)
@require_POST
@requires(Capability.WORK_TICKETS)
def escalation_form(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Keep the form, have the lists read that it needs, and with `file` let it be filed."""
    row, now = escalation_of(request, number, pk), timezone.now()
    kept = filing_of(row, user=request.user)
    lists = lists_for(row.ticket.customer, filing=kept) if row.ticket.customer else {}
    form = FilingForm(request.POST, row=row, lists=lists, filing=kept)
    if not form.is_valid():
        return render(request, "support/escalation_page.html", _context(request, row, filing=kept, form=form))
    filing = form.filing(kept=kept)
    saved = save_form(row.pk, filing=filing, now=now)
    if saved.state != Escalation.State.DRAFT:
        messages.warning(request, _("It was filed, or ordered to be filed, meanwhile. What you changed is not in it."))
        return redirect("support:escalation_page", number, pk)
    if row.way == Escalation.Way.AZURE_API and row.ticket.customer:
        ask_lists(row.ticket.customer, filing=filing, now=now)
    if request.POST.get("do") == "file":
        order = lambda: order_filing(row.pk, filing=filing, by=request.user, now=now)  # noqa: E731
        return _answer(request, row, order, done=_("It is being filed; Microsoft's number appears here."))
    messages.success(request, _("Saved. Nothing is filed yet."))
    return redirect("support:escalation_page", number, pk)


@require_POST
@requires(Capability.WORK_TICKETS)
def escalation_number(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    row, told = escalation_of(request, number, pk), request.POST.get("microsoft_number", "")
    settle = lambda: settle_as_filed(row.pk, number=told, by=request.user, now=timezone.now())  # noqa: E731
    return _answer(request, row, settle, done=_("Microsoft's number is recorded."))


@require_POST
@requires(Capability.WORK_TICKETS)
def escalation_again(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    row = escalation_of(request, number, pk)
    settle = lambda: settle_as_not_filed(row.pk, by=request.user, now=timezone.now())  # noqa: E731
    return _answer(request, row, settle, done=_("It is being filed again."))


def _answer(request: SignedInRequest, row: Escalation, do: Callable[[], object], *, done: str) -> HttpResponse:
    try:
        do()
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done)
    return redirect("support:escalation_page", row.ticket_id, row.pk)


def escalation_of(request: SignedInRequest, number: int, pk: int) -> Escalation:
    """Through the door to its ticket, or 404."""
    ticket = get_ticket(request.user, number)
    found = ticket.escalations.select_related("ordered_by").filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such escalation of this ticket."))
    found.ticket = ticket
    return found


def _context(
    request: SignedInRequest, row: Escalation, *, filing: Filing, form: FilingForm | None = None
) -> dict[str, Any]:
    customer = row.ticket.customer
    lists = lists_for(customer, filing=filing) if customer and row.way == Escalation.Way.AZURE_API else {}
    return {
        "ticket": row.ticket,
        "escalation": row,
        "form": form or FilingForm(row=row, lists=lists, filing=filing),
        "is_read": all(lists.get(name) and lists[name].read_at for name in ("subscription_id", "service_id")),
        "is_waiting": row.state in Escalation.IN_WORK or any(one.due_at for one in lists.values()),
        "picture": _picture(request, row),
        "fields": _fields(row, filing=filing),
        "portal": _portal(row),
        **(_before_filing(row, filing=filing) if row.state == Escalation.State.DRAFT else {}),
    }


def _before_filing(row: Escalation, *, filing: Filing) -> dict[str, Any]:
    """What is missing in the form, and what stands in the way to Microsoft now."""
    return {
        "severity_words": SEVERITY_WORDS[Severity(row.severity)],
        "missing": [PARTS[name] for name in filing.missing(kind=row.kind, way=row.way)],
        "barrier": why_not_now(row, now=timezone.now()),
    }


def _picture(request: SignedInRequest, row: Escalation) -> str:
    """What the page would show of it, short: state, problem, and which lists are being read."""
    customer = row.ticket.customer
    filing = filing_of(row, user=request.user)
    lists = lists_for(customer, filing=filing) if customer and row.way == Escalation.Way.AZURE_API else {}
    waiting = sorted(name for name, one in lists.items() if one.due_at)
    return "-".join([row.state, *waiting])


def _fields(row: Escalation, *, filing: Filing) -> list[tuple[str, str]]:
    """What is copied into Microsoft's own form, field by field."""
    customer, name = row.ticket.customer, f"{filing.first_name} {filing.last_name}".strip()
    found = [
        (_("Title"), filing.title),
        (_("Description"), description_of(filing)),
        (_("Severity"), SEVERITY_WORDS[Severity(row.severity)]),
        (_("Customer's tenant ID"), str(customer.tenant_id) if customer else ""),
        (_("Customer's domain"), customer.domain if customer else ""),
        (_("Our contact"), ", ".join(filter(None, (name, filing.address, filing.phone)))),
    ]
    return [(label, value) for label, value in found if value]


def _portal(row: Escalation) -> Portal | None:
    """Microsoft's page to file on, where the entitlement says, in the customer's context."""
    customer, key = row.ticket.customer, LINK_OF.get(Where(row.where)) if row.where else None
    if customer is None or key is None:
        return None
    link = PortalLink.objects.filter(cloud=customer.cloud, service=key, is_enabled=True).order_by("position").first()
    return filled_portal(link, customer=customer) if link else None
