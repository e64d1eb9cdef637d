"""What the page of a filed escalation shows: how it stands at Microsoft, what was said, what is on its way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from support.models import EntryFile, Escalation, EscalationAct, EscalationMessage, EscalationWatch

# Older than this, what is shown may no longer be so, and the page says it.
STALE_AFTER = timedelta(hours=2)
SHOWN = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class AtMicrosoft:
    """`watch` is None of what nobody has filed; `is_stale` where nobody has read it for long: then nobody knows."""

    watch: EscalationWatch | None
    messages: Sequence[EscalationMessage]
    acts: Sequence[EscalationAct]
    is_stale: bool
    is_late: bool


def at_microsoft(row: Escalation, *, now: datetime) -> AtMicrosoft:
    """Three statements."""
    watch = EscalationWatch.objects.filter(escalation=row).first()
    heard = row.messages.select_related("entry__author").order_by("-at", "-pk")[:SHOWN]
    acts = row.acts.select_related("ordered_by").order_by("-pk")[:SHOWN]
    is_read = watch is not None and watch.due_at is not None
    is_stale = bool(watch and is_read and (watch.read_at is None or now - watch.read_at > STALE_AFTER))
    target = watch.answer_due_at if watch else None
    return AtMicrosoft(
        watch=watch,
        messages=list(heard),
        acts=list(acts),
        is_stale=is_stale,
        is_late=bool(watch and target and target < (watch.answered_at or now)),
    )


def files_to_send(row: Escalation) -> list[EntryFile]:
    """Files of the ticket that Microsoft does not have yet and may be handed out, with whose words they came."""
    sent = row.acts.exclude(state=EscalationAct.State.STOPPED).exclude(attachment=None).values("attachment")
    files = EntryFile.objects.filter(entry__ticket=row.ticket, entry__undone_at=None).exclude(attachment__in=sent)
    found = files.select_related("attachment", "entry").order_by("pk")[:SHOWN]
    return [file for file in found if file.attachment.may_be_read]
