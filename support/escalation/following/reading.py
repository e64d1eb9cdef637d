"""Reads filed requests again and again; what Microsoft said or did becomes entries of the ticket, each once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from csp_portal.microsoft.azure_support import (
    Communication,
    Counter,
    SupportTicket,
    list_communications,
    list_tickets,
    read_ticket,
)
from csp_portal.microsoft.errors import MicrosoftError, Refused, Throttled
from support.escalation.counters import Counters
from support.escalation.following.begin import SOON
from support.escalation.following.hearing import hear
from support.escalation.looking import BEFORE
from support.escalation.tempo import Clock
from support.escalation.values import Filing
from support.models import Escalation, EscalationWatch

LEASE = timedelta(minutes=2)
LATER, LONGEST = timedelta(minutes=30), timedelta(hours=1)
# A request that nothing became of for so long is looked at less often.
QUIET_AFTER = timedelta(days=1)
MOST_AT_ONCE = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """The request and all of its messages, as Microsoft has them now."""

    ticket: SupportTicket
    messages: Sequence[Communication]


def read_due_requests(*, now: datetime, limit: int = MOST_AT_ONCE) -> int:
    """Read up to `limit` due ones; returns how many. No transaction is open at a call."""
    counters, done = Counters(), 0
    try:
        while done < limit and (watch := _claim()) is not None:
            done += 1
            _read(watch, counters=counters, now=now)
    finally:
        counters.keep()
    return done


@transaction.atomic
def _claim() -> EscalationWatch | None:
    due = EscalationWatch.objects.filter(due_at__lte=Clock()).select_for_update(skip_locked=True, of=("self",))
    taken = due.order_by("due_at", "pk").first()
    if taken is None:
        return None
    EscalationWatch.objects.filter(pk=taken.pk).update(due_at=Clock() + LEASE, epoch=F("epoch") + 1)
    return EscalationWatch.objects.select_related("escalation__ticket__customer__connection").get(pk=taken.pk)


def _read(watch: EscalationWatch, *, counters: Counters, now: datetime) -> None:
    row = watch.escalation
    try:
        news = _news_of(row, counter=counters.at(row.ticket.customer))
    except MicrosoftError as error:
        counters.forget_refused(row.ticket.customer, error=error)
        _put_off(watch, error=error)
    else:
        _store(watch, news=news, now=now)


def _news_of(row: Escalation, *, counter: Counter) -> News:
    ticket = read_ticket(counter, ticket_id=row.remote_id) if row.remote_id else _found(row, counter=counter)
    return News(ticket=ticket, messages=list_communications(counter, ticket_id=ticket.id))


def _found(row: Escalation, *, counter: Counter) -> SupportTicket:
    """One whose number a person recorded: its address in Azure is not known yet."""
    subscription = Filing.from_json(row.form).subscription_id
    listed = list_tickets(counter, subscription_id=subscription, since=row.created_at - BEFORE)
    found = next((one for one in listed if one.number == row.microsoft_number), None)
    if found is None:
        raise Refused(_("Azure lists no request with this number in the subscription of the form."), status=404)
    return found


@transaction.atomic
def _store(watch: EscalationWatch, *, news: News, now: datetime) -> None:
    """First the ticket, then the rows, as everybody does; nothing where another worker has taken the watch since."""
    if not hear(watch, ticket=news.ticket, messages=news.messages, now=now):
        return
    moved = watch.changed_at
    is_quiet = moved is not None and now - moved > QUIET_AFTER
    is_over = watch.escalation.state == Escalation.State.CLOSED
    due_at = None if is_over else now + (LATER if is_quiet else SOON)
    EscalationWatch.objects.filter(pk=watch.pk).update(due_at=due_at, failures=0, problem="", read_at=now)


def _put_off(watch: EscalationWatch, *, error: MicrosoftError) -> None:
    wait = min(SOON * 2 ** min(watch.failures, 5), LONGEST)
    if isinstance(error, Throttled):
        wait = timedelta(seconds=error.retry_after)
    mine = EscalationWatch.objects.filter(pk=watch.pk, epoch=watch.epoch)
    mine.update(due_at=Clock() + wait, failures=F("failures") + 1, problem=error.detail[:500])
