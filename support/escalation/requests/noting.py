"""Our notes to service requests: ordered by a person, sent once, looked up before they are sent again."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import override

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.microsoft.errors import AccessDenied, MicrosoftError, Refused, Throttled
from csp_portal.microsoft.service_requests import add_note, read_service_request
from customers.connections import Access
from customers.writes import TooManyWrites, WritesStopped, permit, read_switch, why_paused, why_stopped
from support.escalation import beginning
from support.escalation.following.sending import was_kept_out
from support.escalation.requests.reading import why_not_read
from support.escalation.tempo import Clock
from support.models import RequestFeed, ServiceRequest, ServiceRequestNote

State = ServiceRequestNote.State
OPEN = (State.PENDING, State.SENDING, State.UNKNOWN)
LEASE, AGAIN = timedelta(minutes=2), timedelta(seconds=30)
MOST_AT_ONCE, MOST_ATTEMPTS, LONGEST = 10, 5, 4000


@transaction.atomic
def order_note(pk: int, *, text: str, by: User, now: datetime) -> ServiceRequestNote:
    """`beginning.Refused` where it says nothing, or nothing may be written; a second press finds the first."""
    row = ServiceRequest.objects.select_for_update(of=("self",)).select_related("customer__connection").get(pk=pk)
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise beginning.Refused("empty", _("Write a note of at most 4,000 characters."))
    customer, switch = row.customer, read_switch()
    stopped = why_not_read(customer) or why_stopped(switch) or why_paused(customer, connection=customer.connection)
    if stopped:
        raise beginning.Refused("writes_stopped", stopped)
    same = row.our_notes.filter(text=words, state__in=OPEN).first()
    if same is not None:
        return same
    made = ServiceRequestNote.objects.create(
        request=row, text=words, ordered_by=by, ordered_at=now, due_at=now, era=switch.era
    )
    record(Action.REQUEST_NOTE_ORDERED, by=by, about=row, customer=customer.tenant_id)
    return made


def send_due_notes(*, now: datetime) -> int:
    done = 0
    while done < MOST_AT_ONCE and (note := claim()) is not None:
        done += 1
        _step(note, now=now)
    return done


@transaction.atomic
def claim() -> ServiceRequestNote | None:
    due = ServiceRequestNote.objects.filter(state__in=OPEN, due_at__lte=Clock())
    taken = due.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "pk").first()
    if taken is None:
        return None
    ServiceRequestNote.objects.filter(pk=taken.pk).update(due_at=Clock() + LEASE, epoch=F("epoch") + 1)
    return ServiceRequestNote.objects.select_related("request__customer__connection", "ordered_by").get(pk=taken.pk)


def _step(note: ServiceRequestNote, *, now: datetime) -> None:
    language = note.ordered_by.language if note.ordered_by and note.ordered_by.language else "en"
    with override(language):
        _take(note, now=now)


def _take(note: ServiceRequestNote, *, now: datetime) -> None:
    try:
        is_done = _try(note)
    except TooManyWrites as refused:
        _put_off(note, wait=max(refused.retry_at - now, AGAIN), problem=str(refused), counts=False)
    except WritesStopped as refused:
        _stop(note, problem=str(refused))
    except MicrosoftError as error:
        _understand(note, error=error)
    else:
        if is_done:
            _finish(note, now=now)
        elif note.attempts >= MOST_ATTEMPTS:
            _stop(note, problem=_("It was tried %(count)d times.") % {"count": note.attempts})


def _understand(note: ServiceRequestNote, *, error: MicrosoftError) -> None:
    """What proves that nothing was written is told apart from what leaves it open."""
    if isinstance(error, Throttled):
        wait = timedelta(seconds=error.retry_after)
        _put_off(note, wait=wait, problem=error.detail, counts=not was_kept_out(error))
    elif isinstance(error, Refused | AccessDenied):
        said = error.said if isinstance(error, Refused) and error.said else error.detail
        _stop(note, problem=_("Microsoft refused: %(problem)s") % {"problem": said})
    else:
        _put_off(note, wait=AGAIN, problem=error.detail)


def _try(note: ServiceRequestNote) -> bool:
    """True where it stands there now; False where it was tried too often, or another worker holds it."""
    customer, request_id = note.request.customer, note.request.request_id
    if customer.connection is None:
        raise WritesStopped(_("The customer has no connection."))
    access = Access(customer.connection)
    try:
        token = access.partner_token(access.cloud.partner_center_scope).value
        where: Any = {"cloud": access.cloud, "token": token, "request_id": request_id}
        if note.attempts:
            there = read_service_request(access.http, **where)
            if any(note.reference in one.text for one in there.notes):
                return True
        if note.attempts >= MOST_ATTEMPTS or not _note_try(note):
            return False
        text = f"{note.text}\n\n{note.reference}"
        add_note(access.http, note=text, may_write=permit(customer, era=note.era), **where)
    finally:
        access.keep()
    return True


def _note_try(note: ServiceRequestNote) -> bool:
    mine = ServiceRequestNote.objects.filter(pk=note.pk, epoch=note.epoch, due_at__gte=Clock())
    return bool(mine.update(state=State.SENDING, attempts=F("attempts") + 1, problem=""))


def _put_off(note: ServiceRequestNote, *, wait: timedelta, problem: str, counts: bool = True) -> None:
    mine = ServiceRequestNote.objects.filter(pk=note.pk, epoch=note.epoch)
    told = {"due_at": Clock() + wait, "problem": problem[:500]}
    if counts:
        mine.update(state=State.UNKNOWN, **told)
    else:
        mine.update(state=note.state, attempts=note.attempts, **told)


def _stop(note: ServiceRequestNote, *, problem: str) -> None:
    mine = ServiceRequestNote.objects.filter(pk=note.pk, epoch=note.epoch, state__in=OPEN)
    mine.update(state=State.STOPPED, due_at=None, problem=problem[:500])


@transaction.atomic
def _finish(note: ServiceRequestNote, *, now: datetime) -> None:
    mine = ServiceRequestNote.objects.filter(pk=note.pk, epoch=note.epoch, state__in=OPEN)
    if mine.update(state=State.DONE, due_at=None, problem=""):
        RequestFeed.objects.update_or_create(customer=note.request.customer, defaults={"due_at": now})
        tenant = note.request.customer.tenant_id
        record(Action.REQUEST_NOTE_SENT, by=note.ordered_by, about=note.request, customer=tenant)
