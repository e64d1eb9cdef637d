"""Carries out what we have to say about filed requests: in order, each once, whatever dies or gets lost.

A message and a file have a name of ours at Microsoft, and severity and status are what they are however often they are
said: so what nobody knows is looked up first, and sent again under the same name.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import override

from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.microsoft.azure_support_writes import Pen
from csp_portal.microsoft.errors import AccessDenied, Cause, Conflict, MicrosoftError, Refused, Throttled
from customers.models import Customer
from customers.writes import TooManyWrites, WritesStopped, permit
from support.changes import locked
from support.desk import add_note
from support.escalation.counters import Counters
from support.escalation.following.sending import do, has_arrived, was_kept_out
from support.escalation.sending import TooLate
from support.escalation.tempo import SHIPPED, Clock, Tempo
from support.models import EscalationAct, EscalationWatch

Kind, State = EscalationAct.Kind, EscalationAct.State
OPEN = (State.PENDING, State.SENDING, State.UNKNOWN)
MOST_AT_ONCE, MOST_ATTEMPTS = 20, 5
AGAIN = timedelta(seconds=30)


def act_due(*, now: datetime, tempo: Tempo = SHIPPED, limit: int = MOST_AT_ONCE) -> int:
    """One step for each of up to `limit` due acts; returns how many. No transaction is open at a call."""
    counters, done = Counters(), 0
    try:
        while done < limit and (act := claim(tempo=tempo)) is not None:
            done += 1
            _step(act, counters=counters, tempo=tempo, now=now)
    finally:
        counters.keep()
    return done


@transaction.atomic
def claim(*, tempo: Tempo = SHIPPED) -> EscalationAct | None:
    """The oldest that is due and has no open one of the same escalation before it."""
    earlier = EscalationAct.objects.filter(escalation=OuterRef("escalation"), pk__lt=OuterRef("pk"), state__in=OPEN)
    due = EscalationAct.objects.filter(state__in=OPEN, due_at__lte=Clock()).exclude(Exists(earlier))
    taken = due.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "pk").first()
    if taken is None:
        return None
    EscalationAct.objects.filter(pk=taken.pk).update(epoch=F("epoch") + 1, due_at=Clock() + tempo.lease)
    whose = ("escalation__ticket__customer__connection", "attachment", "ordered_by")
    return EscalationAct.objects.select_related(*whose).get(pk=taken.pk)


def _step(act: EscalationAct, *, counters: Counters, tempo: Tempo, now: datetime) -> None:
    language = act.ordered_by.language if act.ordered_by and act.ordered_by.language else "en"
    with override(language):
        _take(act, counters=counters, tempo=tempo, now=now)


def _take(act: EscalationAct, *, counters: Counters, tempo: Tempo, now: datetime) -> None:
    customer = act.escalation.ticket.customer
    try:
        is_done = _try(act, customer=customer, counters=counters, tempo=tempo)
    except TooManyWrites as refused:
        _put_off(act, wait=max(refused.retry_at - now, AGAIN), problem=str(refused), counts=False)
    except WritesStopped as refused:
        _stop(act, problem=str(refused), now=now)
    except TooLate:
        _put_off(act, wait=timedelta(0), problem="", counts=False)
    except MicrosoftError as error:
        counters.forget_refused(customer, error=error)
        _understand(act, error=error, now=now)
    else:
        if is_done:
            _finish(act, now=now)
        elif act.attempts >= MOST_ATTEMPTS:
            _stop(act, problem=_("It was tried %(count)d times.") % {"count": act.attempts}, now=now)


def _try(act: EscalationAct, *, customer: Customer | None, counters: Counters, tempo: Tempo) -> bool:
    """True where it is at Microsoft now; False where it was tried too often, or another worker holds it."""
    if customer is None:
        raise AccessDenied(_("The ticket has no customer any more."), cause=Cause.NO_CONNECTION)
    counter = counters.at(customer)
    if act.attempts and has_arrived(act, counter=counter):
        return True
    if act.attempts >= MOST_ATTEMPTS or not _note_try(act):
        return False
    pen = Pen(counter=counter, may_write=_in_time(permit(customer, era=act.era), tempo=tempo), deadline=tempo.deadline)
    do(act, pen=pen)
    return True


def _in_time(leave: Callable[[], None], *, tempo: Tempo) -> Callable[[], None]:
    """The gate of all writes, and our own clock: whoever slept past it does not begin any more."""
    begins_before = time.monotonic() + tempo.begin_within + tempo.deadline

    def ask() -> None:
        leave()
        if time.monotonic() > begins_before:
            raise TooLate

    return ask


def _note_try(act: EscalationAct) -> bool:
    """In a commit of its own: from here on nobody knows whether it was sent. False to who holds it no longer."""
    mine = EscalationAct.objects.filter(pk=act.pk, epoch=act.epoch, due_at__gte=Clock())
    return bool(mine.update(state=State.SENDING, attempts=F("attempts") + 1, problem=""))


def _understand(act: EscalationAct, *, error: MicrosoftError, now: datetime) -> None:
    """What proves that nothing was done is told apart from what leaves it open."""
    said = error.said if isinstance(error, Refused) and error.said else error.detail
    if isinstance(error, Throttled):
        wait = timedelta(seconds=error.retry_after)
        _put_off(act, wait=wait, problem=error.detail, counts=not was_kept_out(error))
    elif isinstance(error, Conflict):  # the name is taken: by an earlier try of ours, which the next look will find
        _put_off(act, wait=timedelta(0), problem=said)
    elif isinstance(error, Refused | AccessDenied):
        # Without a status it was refused here, before Microsoft heard of it.
        problem = _("Microsoft refused: %(problem)s") % {"problem": said} if error.status else said
        _stop(act, problem=problem, now=now)
    else:
        _put_off(act, wait=AGAIN, problem=error.detail)


def _put_off(act: EscalationAct, *, wait: timedelta, problem: str, counts: bool = True) -> None:
    """Due again; what did not leave the house does not count as a try."""
    mine = EscalationAct.objects.filter(pk=act.pk, epoch=act.epoch)
    if counts:
        mine.update(state=State.UNKNOWN, due_at=Clock() + wait, problem=problem[:500])
    else:
        mine.update(state=act.state, attempts=act.attempts, due_at=Clock() + wait, problem=problem[:500])


@transaction.atomic
def _finish(act: EscalationAct, *, now: datetime) -> None:
    row = act.escalation
    locked(row.ticket_id)
    mine = EscalationAct.objects.filter(pk=act.pk, epoch=act.epoch, state__in=OPEN)
    if not mine.update(state=State.DONE, done_at=Clock(), due_at=None, problem=""):
        return
    if act.kind == Kind.MESSAGE:
        add_note(
            row.ticket_id, text=f"{_('To Microsoft:')}\n\n{act.text}", by=act.ordered_by, now=now, keeps_draft=True
        )
    elif act.kind == Kind.FILE:
        words = _("Sent to Microsoft: the file %(name)s.") % {"name": act.text}
        add_note(row.ticket_id, text=words, by=act.ordered_by, now=now, keeps_draft=True)
    EscalationWatch.objects.filter(escalation=row, due_at__isnull=False).update(due_at=Clock())
    _record(act, done=True)


@transaction.atomic
def _stop(act: EscalationAct, *, problem: str, now: datetime) -> None:
    """Only a person can go on with it; the ticket says so."""
    row = act.escalation
    locked(row.ticket_id)
    mine = EscalationAct.objects.filter(pk=act.pk, epoch=act.epoch, state__in=OPEN)
    if mine.update(state=State.STOPPED, due_at=None, problem=problem[:500]):
        words = _("Not done at Microsoft (%(what)s): %(problem)s")
        told = words % {"what": act.get_kind_display(), "problem": problem}
        add_note(row.ticket_id, text=told, by=None, now=now)
        _record(act, done=False)


def _record(act: EscalationAct, *, done: bool) -> None:
    customer = act.escalation.ticket.customer
    record(
        Action.ESCALATION_ACT_DONE,
        by=act.ordered_by,
        about=act.escalation,
        customer=customer.tenant_id if customer else None,
        after={"kind": act.kind, "is_done": done},
    )
