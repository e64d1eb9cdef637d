"""One try to file: noted before it begins, begun in time or not at all, and understood by its answer."""

import time
from collections.abc import Callable
from datetime import datetime

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from csp_portal.microsoft.azure_support import Counter
from csp_portal.microsoft.azure_support_writes import Pen, Taken, create_ticket
from csp_portal.microsoft.errors import AccessDenied, Cause, MicrosoftError, Refused, Throttled
from customers.models import Customer
from customers.writes import TooManyWrites, WritesStopped, permit
from support.escalation.outcomes import Superseded, adopt, give_back, lose, put_off, save, set_aside
from support.escalation.tempo import Clock, Tempo
from support.escalation.values import new_ticket_of
from support.models import Escalation

State = Escalation.State
MOST_ATTEMPTS = 5


class TooLate(Exception):
    """The moment to begin has passed, so nothing was sent."""


def send(row: Escalation, *, counter: Counter, tempo: Tempo, now: datetime) -> None:
    customer = row.ticket.customer
    if customer is None:
        raise AccessDenied(_("The ticket has no customer any more."), cause=Cause.NO_CONNECTION)
    if row.attempts >= MOST_ATTEMPTS:
        set_aside(row, now=now, problem=_("It was tried %(count)d times.") % {"count": row.attempts})
        return
    begins_before = time.monotonic() + tempo.begin_within
    _note_try(row, tempo=tempo)
    leave = _leave(row, customer=customer, begins_before=begins_before)
    pen = Pen(counter=counter, may_write=leave, deadline=tempo.deadline)
    try:
        taken = create_ticket(pen, new=new_ticket_of(row))
    except TooLate:
        _not_sent(row)
    except TooManyWrites as refused:
        _not_sent(row, seconds=max((refused.retry_at - timezone.now()).total_seconds(), 1.0), problem=str(refused))
    except WritesStopped as refused:
        set_aside(row, now=now, problem=str(refused))
    except MicrosoftError as error:
        _understand(row, error=error, tempo=tempo, now=now)
    else:
        _take_in(row, taken=taken, tempo=tempo, now=now)


def _note_try(row: Escalation, *, tempo: Tempo) -> None:
    """In a commit of its own: from here on nobody knows whether it was sent. Refused to who holds the row no longer."""
    mine = Escalation.objects.filter(pk=row.pk, epoch=row.epoch, state=State.PENDING)
    begun = mine.filter(lease_until__gte=Clock() + tempo.needed).update(
        state=State.SENDING,
        last_try=Clock(),
        attempts=F("attempts") + 1,
        operation_url="",
        looks=0,
        failures=0,
        problem="",
    )
    if not begun:
        raise Superseded
    row.state, row.attempts = State.SENDING, row.attempts + 1


def _leave(row: Escalation, *, customer: Customer, begins_before: float) -> Callable[[], None]:
    """The gate of all writes, and then, directly before the bytes leave, our own clock that nobody sets."""
    permitted = permit(customer, era=row.era)

    def ask() -> None:
        permitted()
        if time.monotonic() > begins_before:
            raise TooLate

    return ask


def _not_sent(row: Escalation, *, seconds: float = 0.0, problem: str = "") -> None:
    """Back to where it was before this try, which does not count."""
    row.attempts -= 1
    save(row, state=State.PENDING, attempts=row.attempts, problem=problem)
    put_off(row, seconds=seconds, problem=problem)


def _understand(row: Escalation, *, error: MicrosoftError, tempo: Tempo, now: datetime) -> None:
    """An answer that is no good news: what proves that nothing was made is told apart from all the rest."""
    if isinstance(error, Throttled) and error.status == 429:
        _not_sent(row, seconds=error.retry_after, problem=error.detail)
    elif isinstance(error, AccessDenied) and error.status in (401, 403):
        set_aside(row, now=now, problem=_("Microsoft refused: %(problem)s") % {"problem": error.detail})
    elif isinstance(error, Refused):
        give_back(row, now=now, problem=_("Microsoft refused: %(problem)s") % {"problem": error.said or error.detail})
    else:
        lose(row, problem=error.detail, tempo=tempo)


def _take_in(row: Escalation, *, taken: Taken, tempo: Tempo, now: datetime) -> None:
    if taken.ticket is not None:
        adopt(row, ticket=taken.ticket, now=now)
    elif taken.operation_url:
        save(row, state=State.SENDING, operation_url=taken.operation_url[:500])
        row.operation_url = taken.operation_url[:500]
        put_off(row, seconds=min(taken.retry_after, tempo.poll), problem="")
    else:
        lose(row, problem=_("Microsoft took it without saying where to ask."), tempo=tempo)
