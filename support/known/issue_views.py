"""The tickets of an issue, and one reply to all of them."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from health.handover import handovers_of
from health.posts import next_update_of
from health.queries import get_issue
from support.known.batch import linked_tickets, reply_to_all
from support.recipients import first_recipients
from support.ticket_forms import LONGEST
from support.tools.canned import why_not_sent


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def issue_tickets(request: SignedInRequest, cloud: str, microsoft_id: str) -> HttpResponse:
    issue = get_issue(request.user, cloud=cloud, microsoft_id=microsoft_id)
    newest = issue.posts.order_by("-posted_at", "-id").first()
    mails = handovers_of(issue, next_update=next_update_of(newest.html) if newest else None)
    tickets = linked_tickets(request.user, issue)
    context = {
        "issue": issue,
        "rows": [(ticket, first_recipients(ticket)) for ticket in tickets],
        "draft": mails[-1].text if mails else "",
        "batch": uuid4(),
    }
    return render(request, "support/issue_tickets.html", context)


@require_POST
@requires(Capability.WORK_TICKETS)
def issue_reply(request: SignedInRequest, cloud: str, microsoft_id: str) -> HttpResponse:
    issue = get_issue(request.user, cloud=cloud, microsoft_id=microsoft_id)
    text = request.POST.get("text", "").replace("\x00", "").strip()[:LONGEST]
    numbers = [int(one) for one in request.POST.getlist("ticket") if one.isdecimal() and len(one) < 15]
    batch = _uuid(request.POST.get("batch", ""))
    if not text or not numbers or batch is None:
        messages.error(request, _("Choose at least one ticket and write what to tell."))
        return redirect("support:issue_tickets", cloud, microsoft_id)
    if unfilled := why_not_sent(text):
        messages.error(request, unfilled)
        return redirect("support:issue_tickets", cloud, microsoft_id)
    told = reply_to_all(batch, issue=issue, numbers=numbers, text=text, by=request.user, now=timezone.now())
    if told is None:
        messages.info(request, _("This reply was sent already; nobody gets it twice."))
    else:
        words = ngettext("The reply goes to one ticket.", "The reply goes to %(count)d tickets.", told)
        messages.success(request, words % {"count": told})
    return redirect("support:issue_tickets", cloud, microsoft_id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
