"""Looks at tickets whose clocks are due: a warning, an end, an hour gone by, or a promise that was changed."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from support.models import SlaPolicy, Status, SupportOffer, Ticket
from support.sla.clocks import follow


def follow_due(*, now: datetime, most: int = 500) -> int:
    """Bring due tickets into step, one short transaction each; returns how many. Many workers may do it at once."""
    due = Ticket.objects.filter(clocks_due_at__lte=now).order_by("clocks_due_at").values_list("pk", flat=True)
    return sum(_follow_one(number, now=now) for number in list(due[:most]))


@transaction.atomic
def _follow_one(number: int, *, now: datetime) -> bool:
    rows = Ticket.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=number, clocks_due_at__lte=now)
    ticket = rows.select_related("customer__calendar").first()
    if ticket is None:
        return False
    follow(ticket, now=now)
    ticket.save(update_fields=["clocks_due_at", "promise_at"])
    return True


def policy_changed(policy: SlaPolicy, *, now: datetime) -> None:
    """Call it in the transaction of the change: what is not ended and may stand under the policy is looked at again."""
    tickets = Ticket.objects.unended().filter(Q(clocks_due_at__isnull=True) | Q(clocks_due_at__gt=now))
    if policy.customer_id:
        tickets = tickets.filter(customer=policy.customer_id)
    tickets.update(clocks_due_at=now)


def offer_changed(offer: SupportOffer, *, now: datetime) -> None:
    """The same where another version of an offer holds than before."""
    if offer.customer_id is not None:
        Ticket.objects.unended().filter(customer=offer.customer_id).update(clocks_due_at=now)


def microsofts_targets_changed(*, now: datetime) -> None:
    """The same for Microsoft's own times, which run only while Microsoft has the ball."""
    Ticket.objects.filter(status=Status.WAITING_MICROSOFT).update(clocks_due_at=now)
