"""A request is watched from the moment on in which it was filed with Azure Support."""

from datetime import datetime, timedelta

from support.models import Escalation, EscalationWatch

SOON = timedelta(minutes=5)


def begin_watch(row: Escalation, *, now: datetime) -> None:
    """In the transaction in which it was filed; what is filed by hand can't be read, people note what became of it."""
    due_at = now + SOON if row.way == Escalation.Way.AZURE_API else None
    target = now + timedelta(minutes=row.target_minutes) if row.target_minutes else None
    EscalationWatch.objects.update_or_create(escalation=row, defaults={"due_at": due_at, "answer_due_at": target})
