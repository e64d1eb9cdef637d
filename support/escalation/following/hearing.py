"""What Microsoft said or did, written on the ticket: inside the house, each message once, and the ball comes back."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.microsoft.azure_support import Communication, SupportTicket
from support.changes import apply, locked, touch
from support.desk import add_note
from support.known.following import plain_words
from support.models import Entry, Escalation, EscalationMessage, EscalationWatch, Status, Ticket
from support.ringing import ring_microsoft

LONGEST = 50_000
CLOSED = "closed"


def hear(watch: EscalationWatch, *, ticket: SupportTicket, messages: Sequence[Communication], now: datetime) -> bool:
    """In the caller's transaction; False and nothing written where the watch is somebody else's by now.

    What is written is in the language of who ordered the filing, as all notes of the portal about it are.
    """
    held = locked(watch.escalation.ticket_id)
    found = EscalationWatch.objects.select_for_update(of=("self",)).filter(pk=watch.pk, epoch=watch.epoch)
    watch_now = found.select_related("escalation__ordered_by").first()
    if watch_now is None:
        return False
    row = watch_now.escalation
    with override(row.ordered_by.language if row.ordered_by and row.ordered_by.language else "en"):
        answers = _new_messages(row, held, messages=messages, now=now)
        is_changed = _facts(watch_now, row, ticket=ticket, now=now)
        if answers:
            watch_now.answered_at = watch_now.answered_at or answers[0].at
        if ticket.status.casefold() == CLOSED and row.state != Escalation.State.CLOSED:
            close(row, held, now=now)
        elif answers:
            give_back_ball(held, now=now)
        if answers or is_changed:
            ring_microsoft(held, now=now)
    watch_now.save(
        update_fields=["status", "severity", "changed_at", "answer_due_at", "answered_at"],
    )
    watch.changed_at, watch.escalation = watch_now.changed_at, row
    return True


def close(row: Escalation, held: Ticket, *, now: datetime, by: User | None = None) -> None:
    """Over at Microsoft: the ticket comes back to be verified with the customer, it is not solved by itself.

    `by` is who of us said so, where Microsoft did not.
    """
    row.state = Escalation.State.CLOSED
    row.save(update_fields=["state"])
    words = _("Microsoft closed the request of escalation %(number)d. Verify with the customer that it is solved.")
    add_note(held.pk, text=words % {"number": row.escalation_no}, by=None, now=now)
    customer = held.customer.tenant_id if held.customer else None
    record(Action.ESCALATION_CLOSED, by=by, about=row, customer=customer)
    if held.status in (Status.WAITING_MICROSOFT, Status.OPEN):
        apply(locked(held.pk), values={"status": Status.VERIFYING}, by=None, now=now, because="microsoft")


def _new_messages(
    row: Escalation, held: Ticket, *, messages: Sequence[Communication], now: datetime
) -> list[EscalationMessage]:
    """The oldest first; of those that we sent to Microsoft only what came from elsewhere is news."""
    known = set(row.messages.values_list("remote_id", flat=True))
    ours = {act.name for act in row.acts.all()}
    answers = []
    for message in sorted(messages, key=lambda one: (one.at or now, one.id)):
        name = message.id.rpartition("/")[2]
        if message.id[:500] in known or name in ours:
            continue
        entry = _entry(held, message, now=now)
        heard = EscalationMessage.objects.create(
            escalation=row,
            remote_id=message.id[:500],
            entry=entry,
            is_theirs=not message.is_inbound,
            at=message.at or now,
        )
        if heard.is_theirs:
            answers.append(heard)
    return answers


def _entry(held: Ticket, message: Communication, *, now: datetime) -> Entry:
    words = plain_words(message.body)[:LONGEST].replace("\x00", "")
    sender = message.sender or _("Microsoft")
    if message.is_inbound:
        told = _("Sent to Microsoft by %(sender)s:") % {"sender": sender}
        return add_note(held.pk, text=f"{told}\n\n{words}", by=None, now=now)
    return Entry.objects.create(ticket=held, kind=Entry.Kind.MICROSOFT, at=now, sender_name=sender[:200], text=words)


def _facts(watch: EscalationWatch, row: Escalation, *, ticket: SupportTicket, now: datetime) -> bool:
    """Whether the request's status or severity became another since it was read the last time."""
    if ticket.id and not row.remote_id:
        row.remote_id = ticket.id[:300]
        row.save(update_fields=["remote_id"])
    told = []
    for name, value, words in (
        ("status", ticket.status[:40], _("Microsoft's status of escalation %(number)d is now %(value)s.")),
        ("severity", ticket.severity[:40], _("Microsoft's severity of escalation %(number)d is now %(value)s.")),
    ):
        before = getattr(watch, name)
        if before and value and before != value and value.casefold() != CLOSED:
            told.append(words % {"number": row.escalation_no, "value": value})
        setattr(watch, name, value or before)
    for text in told:
        add_note(row.ticket_id, text=text, by=None, now=now)
    watch.changed_at = ticket.modified_at or watch.changed_at
    if ticket.answer_due_at and ticket.answer_due_at != watch.answer_due_at:
        watch.answer_due_at = ticket.answer_due_at
        _keep_target(row, until=ticket.answer_due_at, now=now)
    return bool(told)


def _keep_target(row: Escalation, *, until: datetime, now: datetime) -> None:
    """What Microsoft itself promised this request counts from now on, and our clock of its answer follows."""
    begun = row.filed_at or now
    row.target_minutes = max(int((until - begun).total_seconds() // 60), 1)
    row.gate_at = row.gate_at or begun
    row.save(update_fields=["target_minutes", "gate_at"])
    touch(locked(row.ticket_id), now=now)


def give_back_ball(held: Ticket, *, now: datetime) -> None:
    """Microsoft has answered, so it is our turn again."""
    fresh = locked(held.pk)
    if fresh.status == Status.WAITING_MICROSOFT:
        apply(fresh, values={"status": Status.OPEN}, by=None, now=now, because="microsoft")
    else:
        touch(fresh, now=now)
