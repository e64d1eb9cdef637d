"""What a ticket's page shows: the conversation in order, and what became of its fields."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from support.models import Entry, Family, Kind, OutgoingMail, Severity, Status, Ticket, TicketChange
from support.reopening import merged_numbers

SHOWN = 200
_LABELS: dict[str, str | Promise] = {
    "customer": _("Customer"),
    "contact": _("Contact"),
    "requester_name": _("Who asked"),
    "requester_address": _("Their mail address"),
    "subject": _("Subject"),
    "family": _("Product family"),
    "service": _("Service"),
    "kind": _("Kind"),
    "severity": _("Severity"),
    "impact": _("Business impact"),
    "queue": _("Queue"),
    "owner": _("Owner"),
    "status": _("Status"),
    "tags": _("Tags"),
    "language": _("Language"),
    "issue": _("Microsoft's issue"),
    "follows_issue": _("Follows the issue"),
    "suspicion": _("Suspected incident"),
    "merged_into": _("Merged into"),
    "snoozed_until": _("Snoozed until"),
}
_CHOICES: dict[str, Any] = {"family": Family, "kind": Kind, "severity": Severity, "status": Status}
_BECAUSE: dict[str, str | Promise] = {
    "message": _("the customer wrote"),
    "reply": _("with the reply"),
    "suspected": _("several customers ask about the same service"),
    "confirmed": _("Microsoft confirmed what was suspected"),
    "customer": _("the customer calls it solved"),
    "microsoft": _("Microsoft answered"),
    "restored": _("Microsoft called the issue restored"),
}


@dataclass(frozen=True, kw_only=True)
class Said:
    """An entry of the conversation, with its files and, of a reply, what became of its mail."""

    entry: Entry
    mail: OutgoingMail | None
    undo_until: datetime | None

    @property
    def who(self) -> str:
        return self.entry.author.name if self.entry.author else self.entry.sender_name or self.entry.sender_address


@dataclass(frozen=True, kw_only=True)
class Became:
    """A field and its values, in the words of whoever reads."""

    label: str | Promise
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one person, or the portal, changed at one moment."""

    at: datetime
    who: str
    because: str
    fields: tuple[Became, ...]


def conversation_of(ticket: Ticket, *, now: datetime) -> list[Said]:
    """The newest SHOWN entries of it and of what was merged into it, oldest first; four statements."""
    rows = (
        Entry.objects.filter(ticket__in=merged_numbers(ticket))
        .select_related("author", "mail")
        .prefetch_related("files__attachment")
    )
    newest = rows.filter(undone_at__isnull=True).order_by("-at", "-pk")[:SHOWN]
    return [_said(entry, now=now) for entry in reversed(newest)]


def _said(entry: Entry, *, now: datetime) -> Said:
    mail: OutgoingMail | None = getattr(entry, "mail", None)
    is_waiting = mail is not None and mail.state == OutgoingMail.State.WAITING and mail.due_at is not None
    undo_until = mail.due_at if mail is not None and is_waiting and mail.due_at and mail.due_at > now else None
    return Said(entry=entry, mail=mail, undo_until=undo_until)


def activity_of(ticket: Ticket) -> list[Step]:
    """What became of the fields, newest first; one statement."""
    rows = TicketChange.objects.filter(ticket=ticket).select_related("by").order_by("-at", "-pk")[:SHOWN]
    steps = []
    for (at, by), found in groupby(rows, key=lambda row: (row.at, row.by)):
        changes = list(found)
        because = changes[0].because
        fields = tuple(became(row.field, row.before, row.after) for row in changes)
        words = str(_BECAUSE.get(because, because))
        steps.append(Step(at=at, who=by.name if by else "", because=words, fields=fields))
    return steps


def became(field: str, before: str, after: str) -> Became:
    return Became(label=label_of(field), before=words_shown(field, before), after=words_shown(field, after))


def label_of(field: str) -> str | Promise:
    return _LABELS.get(field, field)


def words_shown(field: str, value: str) -> str:
    choices = _CHOICES.get(field)
    return str(choices(value).label) if choices and value in choices.values else value
