"""Wakes tickets whose snooze is over."""

from datetime import datetime

from django.db import transaction

from support.changes import apply
from support.models import Ticket


def wake_due(*, now: datetime, most: int = 500) -> int:
    """Each in a transaction of its own, so that it stands at the top of its lists again; returns how many."""
    due = Ticket.objects.filter(snoozed_until__lte=now).order_by("snoozed_until").values_list("pk", flat=True)
    return sum(_wake(number, now=now) for number in list(due[:most]))


@transaction.atomic
def _wake(number: int, *, now: datetime) -> bool:
    rows = Ticket.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=number, snoozed_until__lte=now)
    ticket = rows.select_related("queue", "customer__calendar", "issue").first()
    if ticket is None:
        return False
    apply(ticket, values={"snoozed_until": None}, by=None, now=now)
    return True
