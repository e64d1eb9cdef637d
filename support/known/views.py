"""What a ticket's page and the form of a new one show of known issues, and the link between them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.limits.rates import limited
from health.models import Service
from health.queries import visible_issues
from health.suspicions import customers_named
from support.access import get_ticket
from support.changes import change
from support.known.following import link_issue
from support.known.suggesting import suggestions_for, text_of
from support.ticket_forms import LONGEST


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def ticket_suggestions(request: SignedInRequest, number: int) -> HttpResponse:
    ticket, now = get_ticket(request.user, number), timezone.now()
    found = []
    if ticket.issue is None and not ticket.is_ended:
        service = ticket.service.name if ticket.service else ""
        found = suggestions_for(
            request.user,
            ticket.customer,
            text=text_of(ticket),
            service_name=service,
            asked_at=ticket.created_at,
            now=now,
        )
    return render(request, "support/_ticket_suggestions.html", {"ticket": ticket, "suggestions": found})


@limited("suggest", per_minute=240)
@require_POST
@requires(Capability.WORK_TICKETS)
def suggestions(request: SignedInRequest) -> HttpResponse:
    """While a ticket is being written: what is known of this customer that sounds like it."""
    now = timezone.now()
    named, _unclear = customers_named(request.POST.get("customer", "")[:400], user=request.user)
    customer = named[0] if len(named) == 1 else None
    service = Service.objects.filter(pk=request.POST.get("service") or 0).first() if _is_number(request) else None
    parts = (request.POST.get(name, "")[:LONGEST] for name in ("subject", "text", "impact"))
    text = "\n".join(parts).replace("\x00", "")
    name = service.name if service else ""
    found = suggestions_for(request.user, customer, text=text, service_name=name, asked_at=now, now=now)
    context = {"suggestions": found, "customer": customer}
    return render(request, "support/_suggestions.html", context)


def _is_number(request: SignedInRequest) -> bool:
    text = request.POST.get("service", "")
    return text.isdecimal() and len(text) < 15


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_link(request: SignedInRequest, number: int) -> HttpResponse:
    """Say that this issue is behind the ticket, or with no issue that none is."""
    ticket, wanted = get_ticket(request.user, number), request.POST.get("issue", "")
    issue = None
    if wanted:
        pk = int(wanted) if wanted.isdecimal() and len(wanted) < 15 else 0
        issue = get_object_or_404(visible_issues(request.user), pk=pk)
    link_issue(ticket.pk, issue, by=request.user, now=timezone.now())
    if issue is None:
        messages.success(request, _("No issue is behind the ticket any more."))
    else:
        messages.success(request, _("The ticket follows %(issue)s now.") % {"issue": issue.microsoft_id})
    return redirect("support:ticket_page", number)


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_unfollow(request: SignedInRequest, number: int) -> HttpResponse:
    """This one ticket goes its own way, or follows its issue again."""
    ticket = get_ticket(request.user, number)
    change(ticket.pk, values={"follows_issue": not ticket.follows_issue}, by=request.user, now=timezone.now())
    return redirect("support:ticket_page", number)
