"""When a mail to a customer may leave: at any hour, or outside of the hours in which people want quiet."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from health.models import NoticeRun


@dataclass(frozen=True, kw_only=True, slots=True)
class Quiet:
    """From `start` to `end` by the clock of `zone`; over midnight where the end is earlier."""

    start: time
    end: time
    zone: ZoneInfo

    def over_at(self, at: datetime) -> datetime:
        """The moment itself where it is not quiet then, else when it is over."""
        local = at.astimezone(self.zone)
        now = local.time().replace(tzinfo=None)
        over_midnight = self.end <= self.start
        is_quiet = (now >= self.start or now < self.end) if over_midnight else self.start <= now < self.end
        if not is_quiet:
            return at
        day = local.date() + timedelta(days=int(over_midnight and now >= self.start))
        return datetime.combine(day, self.end, tzinfo=self.zone).astimezone(at.tzinfo)


def quiet_of(run: NoticeRun, *, zone: ZoneInfo) -> Quiet | None:
    if run.is_urgent or run.quiet_from is None or run.quiet_to is None or run.quiet_from == run.quiet_to:
        return None
    return Quiet(start=run.quiet_from, end=run.quiet_to, zone=zone)
