"""Where Microsoft leads a customer's administrator after the consent: a word of thanks, and a reading at once."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from customers.access import get_customer
from customers.advice import CONSENT
from customers.changes import read_again
from customers.consents import note_asked
from customers.models import Customer

STATE_AGE = 90 * 24 * 3600  # links are sent by mail and wait there


@login_not_required
@require_GET
def consented(request: HttpRequest) -> HttpResponse:
    """Say how it ended; whoever holds a link of ours can at most have the customer read once more."""
    has_consented = request.GET.get("admin_consent", "").lower() == "true" and "error" not in request.GET
    if has_consented:
        _read_again(request.GET.get("state", ""))
    return render(request, "customers/consented.html", {"has_consented": has_consented})


def _read_again(state: str) -> None:
    try:
        tenant_id = UUID(signing.loads(state, salt=CONSENT, max_age=STATE_AGE))
    except (signing.BadSignature, ValueError):
        return
    customer = Customer.objects.select_related("connection").filter(tenant_id=tenant_id).first()
    if customer is not None:
        read_again(customer)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def consent_asked(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """Note that one of us sent the customer the link."""
    note_asked(get_customer(request.user, tenant_id), by=request.user, now=timezone.now())
    messages.success(request, _("It is noted that you sent the link."))
    return redirect("customers:customer_page", tenant_id)
