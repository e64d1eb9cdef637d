"""Finding out what became of a request that Microsoft has taken, or may have taken."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from csp_portal.microsoft.azure_support import Counter, SupportTicket, list_tickets, operation_status, read_ticket
from csp_portal.microsoft.errors import Refused, Unavailable
from support.escalation.outcomes import adopt, lose, put_off, save, set_aside
from support.escalation.tempo import Clock, Tempo
from support.escalation.values import new_ticket_of
from support.models import Escalation

State = Escalation.State
LOOKS = 2
# Microsoft's clock and ours may differ, and the first try may be long ago.
BEFORE = timedelta(days=1)


def follow(row: Escalation, *, counter: Counter, tempo: Tempo, now: datetime) -> None:
    """Ask after the operation; a status that never ends is given up and the request looked up by its marker."""
    try:
        status = operation_status(counter, url=row.operation_url)
        if status == "Succeeded":
            adopt(row, ticket=read_ticket(counter, ticket_id=new_ticket_of(row).path), now=now)
            return
    except (Refused, Unavailable) as error:  # the operation is forgotten, or the request not to be seen yet
        status = error.detail
    if status in ("Failed", "Canceled"):
        set_aside(row, now=now, problem=_("Microsoft took it and then failed to make it."))
    elif _is_over(row, tempo=tempo):
        lose(row, problem=_("Microsoft took it and never said what became of it."), tempo=tempo)
    else:
        put_off(row, seconds=tempo.poll, problem="")


def _is_over(row: Escalation, *, tempo: Tempo) -> bool:
    return Escalation.objects.filter(pk=row.pk, last_try__lt=Clock() - tempo.patience).exists()


def look_up(row: Escalation, *, counter: Counter, tempo: Tempo, now: datetime) -> None:
    """Once more; after as many in vain as it takes, it is sent a second time or left to a person."""
    found = _with_marker(row, counter=counter)
    if found:
        adopt(row, ticket=found[0], now=now, has_twin=len(found) > 1)
    elif row.looks + 1 < LOOKS:
        save(row, state=State.RECONCILE, looks=row.looks + 1, failures=0)
        put_off(row, seconds=tempo.between.total_seconds(), problem=row.problem)
    elif row.is_resent or row.operation_url:
        set_aside(row, now=now, problem=_("It is not to be found at Microsoft, and it may be there all the same."))
    else:
        save(row, state=State.PENDING, is_resent=True, looks=0, failures=0)
        put_off(row, seconds=0, problem=_("It was not found at Microsoft and is sent once more."))


def _with_marker(row: Escalation, *, counter: Counter) -> list[SupportTicket]:
    """Every request with the row's marker, the oldest first."""
    new = new_ticket_of(row)
    listed = list_tickets(counter, subscription_id=new.subscription_id, since=row.created_at - BEFORE)
    found = [ticket for ticket in listed if f"[ref: {row.marker}]" in ticket.title]
    return sorted(found, key=lambda ticket: (ticket.created_at is None, ticket.created_at, ticket.number))
