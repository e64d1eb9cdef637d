"""Files escalations with Azure Support: one request each, whatever dies or gets lost on the way.

A row is claimed by the database's clock, and every word about it is fenced by the epoch drawn then. What nobody knows
is looked up twice after a quiet period by the marker in the title, sent once more at most, and else left to a person.

What stays open: a worker stopped between its last look at the clock and the first byte, and woken after both look-ups
and the second sending. Azure refuses its request then, because the name is the same.
"""

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils import translation

from csp_portal.microsoft.azure_support import Counter
from csp_portal.microsoft.errors import MicrosoftError, Throttled
from support.escalation.counters import Counters
from support.escalation.looking import follow, look_up
from support.escalation.outcomes import Superseded, lose, put_off, set_aside
from support.escalation.sending import send
from support.escalation.tempo import SHIPPED, Clock, Tempo
from support.models import Escalation

State = Escalation.State
MOST_AT_ONCE = 20
MOST_FAILURES = 5
RETRY_SECONDS = 60.0


def file_due(*, now: datetime, tempo: Tempo = SHIPPED, limit: int = MOST_AT_ONCE) -> int:
    """One step for each of up to `limit` due rows; returns how many were taken. No transaction is open at a call."""
    counters, done = Counters(), 0
    try:
        while done < limit and (claimed := claim(tempo=tempo)) is not None:
            done += 1
            _step(claimed, counters=counters, tempo=tempo, now=now)
    finally:
        counters.keep()
    return done


@transaction.atomic
def claim(*, tempo: Tempo = SHIPPED) -> Escalation | None:
    """The row that waits longest, ours until the lease ends; nobody else's word about it counts from now on."""
    due = Escalation.objects.filter(state__in=Escalation.IN_WORK).filter(
        Q(lease_until__isnull=True) | Q(lease_until__lte=Clock())
    )
    oldest_first = due.select_for_update(skip_locked=True).order_by(F("lease_until").asc(nulls_first=True), "pk")
    taken = oldest_first.first()
    if taken is None:
        return None
    Escalation.objects.filter(pk=taken.pk).update(epoch=F("epoch") + 1, lease_until=Clock() + tempo.lease)
    whose = ("ticket__customer__connection", "ordered_by")
    return Escalation.objects.select_related(*whose).get(pk=taken.pk)


def _step(row: Escalation, *, counters: Counters, tempo: Tempo, now: datetime) -> None:
    with translation.override(row.ordered_by.language if row.ordered_by else "en"), suppress(Superseded):
        try:
            if row.state == State.SENDING and not row.operation_url:
                lose(row, problem=row.problem, tempo=tempo)  # whoever began the try did not live to tell
            else:
                _go_on(row, counter=counters.at(row.ticket.customer), tempo=tempo, now=now)
        except Throttled as error:
            put_off(row, seconds=error.retry_after, problem=error.detail)
        except MicrosoftError as error:  # of a token or a look: nothing was sent by this step
            counters.forget_refused(row.ticket.customer, error=error)
            if row.failures + 1 >= MOST_FAILURES:
                set_aside(row, now=now, problem=error.detail)
            else:
                put_off(
                    row, seconds=min(RETRY_SECONDS, tempo.between.total_seconds()), problem=error.detail, fails=True
                )


def _go_on(row: Escalation, *, counter: Counter, tempo: Tempo, now: datetime) -> None:
    if row.state == State.PENDING:
        send(row, counter=counter, tempo=tempo, now=now)
    elif row.state == State.SENDING:
        follow(row, counter=counter, tempo=tempo, now=now)
    else:
        look_up(row, counter=counter, tempo=tempo, now=now)
