"""What people want to be done about a filed request: said, checked, and kept as a row that becomes due."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.attachments.models import Attachment
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.writes import read_switch, why_paused, why_stopped
from support.changes import locked
from support.escalation.beginning import Refused
from support.escalation.following.hearing import close, give_back_ball
from support.models import (
    Entry,
    EntryFile,
    Escalation,
    EscalationAct,
    EscalationMessage,
    EscalationWatch,
    Severity,
    Ticket,
)

Kind, State = EscalationAct.Kind, EscalationAct.State
LONGEST = 20_000
LARGEST = 5_000_000  # of a file at Azure Support, bytes (reference 3.4)


@transaction.atomic
def order_message(pk: int, *, text: str, by: User, now: datetime) -> EscalationAct:
    """`Refused` where it says nothing or too much, or where nothing may be written."""
    words = text.strip()
    if not words:
        raise Refused("empty", _("Write what Microsoft shall read."))
    if len(words) > LONGEST:
        raise Refused("too_long", _("A message to Microsoft may have %(most)d characters.") % {"most": LONGEST})
    return _order(pk, kind=Kind.MESSAGE, by=by, now=now, text=words)


@transaction.atomic
def order_file(pk: int, *, key: str, by: User, now: datetime) -> EscalationAct:
    """A file of the ticket's own conversation that may be handed out."""
    row = _open(pk)
    files = EntryFile.objects.filter(entry__ticket=row.ticket, entry__undone_at=None, attachment__key=key)
    found = files.select_related("attachment").first()
    if found is None:
        raise Refused("no_file", _("There is no such file at this ticket."))
    file: Attachment = found.attachment
    if not file.may_be_read:
        words = _("This file is not handed out: %(state)s.")
        raise Refused("file_withheld", words % {"state": file.get_state_display()})
    if file.size > LARGEST:
        raise Refused("file_too_large", _("Azure Support takes files of at most 5 MB. Send it in several parts."))
    if row.acts.filter(kind=Kind.FILE, attachment=file).exclude(state=State.STOPPED).exists():
        raise Refused("sent_already", _("Microsoft has this file already, or it is on its way."))
    return _order(pk, kind=Kind.FILE, by=by, now=now, attachment=file, text=file.name)


@transaction.atomic
def order_severity(pk: int, *, severity: str, by: User, now: datetime) -> EscalationAct:
    if severity not in Severity.values:
        raise Refused("no_severity", _("Choose A, B or C."))
    return _order(pk, kind=Kind.SEVERITY, by=by, now=now, severity=severity)


@transaction.atomic
def order_close(pk: int, *, by: User, now: datetime) -> EscalationAct | None:
    """Ask Microsoft to close it; what can't be read there is closed here, since nobody else will tell us."""
    row = _open(pk)
    if row.way == Escalation.Way.AZURE_API and row.remote_id:
        return _order(pk, kind=Kind.CLOSE, by=by, now=now)
    close(row, row.ticket, now=now, by=by)
    return None


@transaction.atomic
def order_again(pk: int, act: int, *, by: User, now: datetime) -> EscalationAct:
    """One that was stopped, in the name of who presses now."""
    row = _open(pk)
    found = row.acts.select_for_update(of=("self",)).filter(pk=act, state=State.STOPPED).first()
    if found is None:
        raise Refused("not_open", _("Somebody has decided this already, or it is being done."))
    # One try has been made: whether it arrived is looked up before it is sent again.
    found.state, found.due_at, found.attempts, found.problem = State.UNKNOWN, now, 1, ""
    found.era, found.ordered_by, found.epoch = read_switch().era, by, found.epoch + 1
    found.save()
    after = {"kind": found.kind, "again": True}
    record(Action.ESCALATION_ACT_ORDERED, by=by, about=row, customer=_tenant(row.ticket), after=after)
    return found


@transaction.atomic
def read_now(pk: int, *, by: User, now: datetime) -> None:
    """Read the request at Microsoft at once and not when its turn comes."""
    row = _open(pk)
    if not EscalationWatch.objects.filter(escalation=row, due_at__isnull=False).update(due_at=now):
        raise Refused("not_by_api", _("Microsoft takes this one only in its own portal. Do it there."))


@transaction.atomic
def note_answer(pk: int, *, text: str, by: User, now: datetime) -> Entry:
    """What Microsoft answered to a request that was filed by hand, as one of us read it there."""
    row, words = _open(pk), text.strip()
    if not words or len(words) > LONGEST:
        raise Refused("empty", _("Write what Microsoft answered, in at most 20,000 characters."))
    entry = Entry.objects.create(ticket=row.ticket, kind=Entry.Kind.MICROSOFT, at=now, author=by, text=words)
    EscalationMessage.objects.create(
        escalation=row, remote_id=f"by hand {entry.pk}", entry=entry, is_theirs=True, at=now
    )
    EscalationWatch.objects.get_or_create(escalation=row)
    EscalationWatch.objects.filter(escalation=row, answered_at=None).update(answered_at=now)
    give_back_ball(row.ticket, now=now)
    record(Action.ESCALATION_ANSWERED, by=by, about=row, customer=_tenant(row.ticket))
    return entry


def _order(pk: int, *, kind: EscalationAct.Kind, by: User, now: datetime, **more: Any) -> EscalationAct:
    row = _open(pk)
    if row.way != Escalation.Way.AZURE_API:
        raise Refused("not_by_api", _("Microsoft takes this one only in its own portal. Do it there."))
    if not row.remote_id:
        raise Refused("not_read", _("The request has not been read at Azure yet. Try again in a few minutes."))
    switch, customer = read_switch(), row.ticket.customer
    stopped = why_stopped(switch) or why_paused(customer, connection=customer.connection if customer else None)
    if stopped:
        raise Refused("writes_stopped", stopped)
    same = row.acts.filter(kind=kind, state__in=[State.PENDING, State.SENDING, State.UNKNOWN], **more).first()
    if same is not None:  # a second press
        return same
    made = EscalationAct.objects.create(
        escalation=row, kind=kind, ordered_by=by, ordered_at=now, due_at=now, era=switch.era, **more
    )
    after = {"kind": kind.value, **({"severity": made.severity} if made.severity else {})}
    record(Action.ESCALATION_ACT_ORDERED, by=by, about=row, customer=_tenant(row.ticket), after=after)
    return made


def _open(pk: int) -> Escalation:
    """Held with its ticket; only what is filed and not closed can be spoken about."""
    ticket = locked(Escalation.objects.values_list("ticket_id", flat=True).get(pk=pk))
    found = Escalation.objects.select_for_update(of=("self",)).select_related("ticket__customer__connection")
    row = found.get(pk=pk)
    row.ticket = ticket
    if row.state != Escalation.State.FILED:
        raise Refused("not_filed", _("It is not filed with Microsoft, or closed already."))
    return row


def _tenant(ticket: Ticket) -> Any:
    return ticket.customer.tenant_id if ticket.customer else None
