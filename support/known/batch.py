"""One reviewed reply for all tickets that wait for the same issue."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from csp_portal.accounts.models import User
from health.models import Issue
from support.access import visible_tickets
from support.desk import reply
from support.models import BatchReply, Ticket
from support.recipients import first_recipients

MOST = 200


def linked_tickets(user: User, issue: Issue) -> list[Ticket]:
    """The tickets of this issue that are open and that the person may see; at most MOST."""
    rows = visible_tickets(user).filter(issue=issue).select_related("customer", "contact", "owner")
    return list(rows.unended().order_by("-updated_at", "-pk")[:MOST])


def reply_to_all(
    batch: UUID, *, issue: Issue, numbers: Sequence[int], text: str, by: User, now: datetime
) -> int | None:
    """All of it or nothing: how many tickets got the reply, or None where this batch was sent before."""
    chosen = [ticket for ticket in linked_tickets(by, issue) if ticket.pk in set(numbers) and first_recipients(ticket)]
    try:
        with transaction.atomic():
            BatchReply.objects.create(pk=batch, issue=issue, text=text, by=by, at=now, tickets=len(chosen))
            for ticket in sorted(chosen, key=lambda one: one.pk):
                reply(ticket.pk, text=text, to=first_recipients(ticket), by=by, now=now)
    except IntegrityError:
        return None
    return len(chosen)
