"""What is new of a matched service request, written on its ticket: inside the house, each note once."""

from datetime import datetime
from hashlib import sha256

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import override

from csp_portal.accounts.models import User
from support.changes import locked
from support.desk import add_note
from support.escalation.following.hearing import close, give_back_ball
from support.models import Entry, Escalation, EscalationMessage, EscalationWatch, ServiceRequest
from support.ringing import ring_microsoft

LONGEST = 50_000


def tell_news(row: ServiceRequest, *, before: str, now: datetime) -> None:
    """In the caller's transaction; nothing of one that is not matched."""
    if row.escalation_id is None:
        return
    escalation = Escalation.objects.select_related("ticket", "ordered_by").get(pk=row.escalation_id)
    by = escalation.ordered_by
    with override(by.language if by and by.language else "en"):
        held = locked(escalation.ticket_id)
        escalation.refresh_from_db(fields=["state"])
        heard = [_hear(escalation, note, row=row, now=now) for note in row.notes]
        if any(heard):
            first = EscalationMessage.objects.filter(escalation=escalation, is_theirs=True).order_by("at", "pk").first()
            watch = EscalationWatch.objects.filter(escalation=escalation, answered_at=None)
            watch.update(answered_at=first.at if first else now)
            give_back_ball(held, now=now)
            ring_microsoft(held, now=now)
        if not row.is_open and escalation.state == Escalation.State.FILED:
            close(escalation, locked(held.pk), now=now)
        elif before and before != row.status:
            words = _("Microsoft's status of service request %(number)s is now %(value)s.")
            add_note(held.pk, text=words % {"number": row.request_id, "value": row.status}, by=None, now=now)


def _hear(escalation: Escalation, note: dict[str, str], *, row: ServiceRequest, now: datetime) -> bool:
    """Whether Microsoft said something new. The portal's own notes carry a reference, and are no news."""
    words = note["text"][:LONGEST]
    if any(one.reference in words for one in row.our_notes.all()):
        return False
    key = sha256(f"{note['at']}\n{words}".encode()).hexdigest()[:32]
    remote_id = f"service request {row.request_id} {key}"
    if EscalationMessage.objects.filter(escalation=escalation, remote_id=remote_id).exists():
        return False
    is_ours = _is_ours(note["who"], row=row)
    entry = _entry(escalation.ticket_id, words, who=note["who"], is_ours=is_ours, now=now)
    at = parse_datetime(note["at"]) if note["at"] else None
    EscalationMessage.objects.create(
        escalation=escalation, remote_id=remote_id, entry=entry, is_theirs=not is_ours, at=at or now
    )
    return not is_ours


def _is_ours(who: str, *, row: ServiceRequest) -> bool:
    """Microsoft tells who wrote a note by name alone: one of us, or the request's contact, is not Microsoft."""
    name = " ".join(who.split())
    if not name:
        return False
    return name.casefold() == row.contact.casefold() or User.objects.filter(name__iexact=name).exists()


def _entry(number: int, words: str, *, who: str, is_ours: bool, now: datetime) -> Entry:
    if is_ours:
        told = _("Sent to Microsoft by %(sender)s:") % {"sender": who}
        return add_note(number, text=f"{told}\n\n{words}", by=None, now=now)
    return Entry.objects.create(ticket_id=number, kind=Entry.Kind.MICROSOFT, at=now, sender_name=who[:200], text=words)
