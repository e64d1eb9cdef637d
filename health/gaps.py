"""Times in which nobody knew how a customer was: written down when reading goes on after a pause that was too long."""

from collections.abc import Sequence
from datetime import datetime

from customers.queries import stale_after
from health.models import Gap
from health.reading import Failed, Held, Reading


def note_gaps(readings: Sequence[Reading], *, now: datetime) -> None:
    """A good reading that comes too long after the last one ends a gap; nothing is written otherwise.

    `feed.read_at` is still that of the last reading. Denied access needs no gap: it turns the services unknown itself.
    """
    longest = stale_after()
    gaps = [
        Gap(customer_id=reading.feed.customer_id, began_at=reading.feed.read_at + longest, ended_at=now)
        for reading in readings
        if not isinstance(reading, Failed | Held) and reading.feed.read_at and now - reading.feed.read_at > longest
    ]
    if gaps:
        Gap.objects.bulk_create(gaps, ignore_conflicts=True)
