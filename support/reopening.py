"""Where a further word of the customer belongs: to the ticket, to the one it was merged into, or to a new one."""

from datetime import datetime, timedelta

from support.models import ReopenRule, Status, Ticket

DAYS = 30
_DEEPEST = 20


def reopen_days() -> int:
    rule = ReopenRule.objects.order_by("pk").first()
    return rule.days if rule else DAYS


def heir_of(ticket: Ticket) -> Ticket:
    """The ticket that goes on for this one; never one of another customer, whatever became of the row."""
    for _step in range(_DEEPEST):
        if ticket.merged_into is None or ticket.merged_into.customer_id != ticket.customer_id:
            break
        ticket = ticket.merged_into
    return ticket


def begins_anew(ticket: Ticket, *, now: datetime) -> bool:
    """Whether a word to it opens a new, linked ticket: it is closed, or was solved too long ago."""
    if ticket.status == Status.CLOSED:
        return True
    if ticket.status != Status.SOLVED or ticket.solved_at is None:
        return False
    return ticket.solved_at + timedelta(days=reopen_days()) < now


def merged_numbers(ticket: Ticket) -> list[int]:
    """This ticket and those merged into it, of its customer only."""
    numbers, fresh = [ticket.pk], [ticket.pk]
    while fresh:
        found = Ticket.objects.filter(merged_into_id__in=fresh, customer=ticket.customer_id)
        fresh = [pk for pk in found.values_list("pk", flat=True) if pk not in numbers]
        numbers += fresh
    return numbers
