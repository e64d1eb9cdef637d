"""The round over all customers, once a day: taken as a row that is due, reckoned outside, kept all at once."""

from datetime import datetime, timedelta

from django.db import transaction

from support.insight.reckon import habits
from support.models import Habit, InsightRound

EVERY = timedelta(days=1)
LEASE = timedelta(hours=1)
BATCH = 1000
THE_ONE = 1
_KEY = ("customer", "service", "kind", "word")
_VALUES = (
    "count",
    "reopened",
    "known",
    "numbers",
    "rate",
    "similar_rate",
    "similar",
    "excess",
    "help",
    "advice",
    "round",
)


def reckon_due(*, now: datetime) -> int | None:
    """How many habits there are now; None where no round was due, or another worker has taken it."""
    epoch = _take(now=now)
    if epoch is None:
        return None
    found = list(habits(now=now, round_number=epoch))
    return len(found) if _keep(found, epoch=epoch, now=now) else None


@transaction.atomic
def _take(*, now: datetime) -> int | None:
    InsightRound.objects.get_or_create(pk=THE_ONE, defaults={"due_at": now})
    row = InsightRound.objects.select_for_update(skip_locked=True).filter(due_at__lte=now).first()
    if row is None:
        return None
    row.epoch += 1
    row.due_at = now + LEASE
    row.save(update_fields=["epoch", "due_at"])
    return row.epoch


@transaction.atomic
def _keep(found: list[Habit], *, epoch: int, now: datetime) -> bool:
    """What is no habit any more goes; nothing happens where somebody else began a later round meanwhile."""
    row = InsightRound.objects.select_for_update().get()
    if row.epoch != epoch:
        return False
    Habit.objects.bulk_create(found, batch_size=BATCH, update_conflicts=True, unique_fields=_KEY, update_fields=_VALUES)
    Habit.objects.filter(round__lt=epoch).delete()
    row.due_at, row.reckoned_at = now + EVERY, now
    row.save(update_fields=["due_at", "reckoned_at"])
    return True
