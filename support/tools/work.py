"""What is done about a ticket besides talking: put to sleep, ticked off, time noted."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Sum

from csp_portal.accounts.models import User
from support.changes import change
from support.models import ChecklistItem, Ticket, TimeSpent

MOST_ITEMS = 50
LONGEST_SLEEP = timedelta(days=366)


def sleep(ticket: Ticket, *, until: datetime | None, because: str, by: User, now: datetime) -> Ticket:
    """Out of the lists until then; None wakes it. A word of the customer wakes it at once."""
    return change(ticket.pk, values={"snoozed_until": until}, by=by, now=now, because=because)


@transaction.atomic
def add_items(ticket: Ticket, texts: list[str]) -> int:
    """At the end, in order; returns how many there was room for."""
    told = ChecklistItem.objects.filter(ticket=ticket).aggregate(last=Max("position"))
    room = max(0, MOST_ITEMS - ChecklistItem.objects.filter(ticket=ticket).count())
    first = (told["last"] or 0) + 1
    rows = [
        ChecklistItem(ticket=ticket, position=first + place, text=text[:300]) for place, text in enumerate(texts[:room])
    ]
    return len(ChecklistItem.objects.bulk_create(rows))


def tick(item: ChecklistItem, *, is_done: bool, evidence: str, by: User, now: datetime) -> None:
    item.done_at, item.done_by = (now, by) if is_done else (None, None)
    item.evidence = evidence[:1000] if is_done else ""
    item.save(update_fields=["done_at", "done_by", "evidence"])


def open_items(ticket: Ticket) -> int:
    return ChecklistItem.objects.filter(ticket=ticket, done_at__isnull=True).count()


def minutes_of(ticket: Ticket) -> int:
    return TimeSpent.objects.filter(ticket=ticket).aggregate(minutes=Sum("minutes"))["minutes"] or 0
