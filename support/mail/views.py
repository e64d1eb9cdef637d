"""Mails that were set aside: a person says what becomes of them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.keyset import page_of
from support.mail.taking_in import take_in
from support.models import ReceivedMail

State = ReceivedMail.State
DOWNLOAD_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"


@require_safe
@requires(Capability.WORK_TICKETS)
def quarantine(request: SignedInRequest) -> HttpResponse:
    """Of nobody's customer yet, so only for who sees all of them."""
    rows = ReceivedMail.objects.defer("raw").filter(state=State.QUARANTINED)
    if request.user.sees != User.Sees.ALL:
        rows = rows.none()
    page = page_of(rows, order=("-received_at", "-id"), mark=request.GET.get("page", ""))
    return render(request, "support/quarantine.html", {"page": page, "sees_all": request.user.sees == User.Sees.ALL})


@require_safe
@requires(Capability.WORK_TICKETS)
def quarantine_original(request: SignedInRequest, pk: int) -> HttpResponse:
    """The bytes as they came, as a file that no browser shows."""
    mail = _set_aside(request, pk)
    record(Action.MAIL_READ, by=request.user, about=mail)
    answer = HttpResponse(bytes(mail.raw), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="mail-{mail.pk}.eml"'
    answer["Content-Security-Policy"] = DOWNLOAD_POLICY
    return answer


@require_POST
@requires(Capability.WORK_TICKETS)
def quarantine_take(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make a ticket of it after all: never a message of the ticket that a stranger answered."""
    mail = _set_aside(request, pk)
    take_in(mail.pk, now=timezone.now(), by_hand=True)
    mail.refresh_from_db()
    if mail.ticket_id is None:
        messages.error(request, mail.why or _("No ticket can be made of it."))
        return redirect("support:quarantine")
    messages.success(request, _("Ticket #%(number)d is open.") % {"number": mail.ticket_id})
    return redirect("support:ticket_page", mail.ticket_id)


@require_POST
@requires(Capability.WORK_TICKETS)
def quarantine_dismiss(request: SignedInRequest, pk: int) -> HttpResponse:
    mail = _set_aside(request, pk)
    ReceivedMail.objects.filter(pk=mail.pk).update(state=State.IGNORED, why=_("A person said that it is no request."))
    record(Action.MAIL_DISMISSED, by=request.user, about=mail)
    messages.success(request, _("Dismissed."))
    return redirect("support:quarantine")


def _set_aside(request: SignedInRequest, pk: int) -> ReceivedMail:
    rows = ReceivedMail.objects.filter(state=State.QUARANTINED)
    return get_object_or_404(rows if request.user.sees == User.Sees.ALL else rows.none(), pk=pk)
