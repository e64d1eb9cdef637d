"""What a promise means, in a sentence about a ticket that comes at the worst time: on Friday, late in the afternoon."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from csp_portal.calendars.hours import ALWAYS, Hours, after_open_time, hours_of
from csp_portal.calendars.models import Calendar
from support.models import SlaTarget

_FRIDAY, _LATE = 4, time(17, 30)
_NAMED_BY_WEEKDAY = timedelta(days=5)


def sentences(calendar: Calendar | None, targets: Iterable[SlaTarget], *, now: datetime) -> list[str]:
    """One for each severity with a promise; without a calendar as for a customer without contract hours."""
    hours = hours_of(calendar) if calendar else ALWAYS
    zone = ZoneInfo(calendar.zone) if calendar else timezone.get_current_timezone()
    opened = next_friday(now.astimezone(zone))
    return [text for target in targets if (text := _sentence(target, hours, opened))]


def next_friday(local: datetime) -> datetime:
    """The next Friday at half past five by the clocks there; never the one that is today."""
    days = (_FRIDAY - local.weekday()) % 7 or 7
    return datetime.combine(local.date() + timedelta(days=days), _LATE, tzinfo=local.tzinfo)


def _sentence(target: SlaTarget, hours: Hours, opened: datetime) -> str:
    promises = (
        (target.first_response, _("first answer by %(moment)s")),
        (target.solution, _("solution by %(moment)s")),
    )
    parts = [
        words % {"moment": _until(minutes, hours, opened) or _("never: its hours never open")}
        for minutes, words in promises
        if minutes
    ]
    if not parts:
        return ""
    told = {"severity": target.severity, "opened": _moment(opened, since=opened), "promised": ", ".join(parts)}
    return _("A ticket of severity %(severity)s opened %(opened)s → %(promised)s") % told


def _until(minutes: int, hours: Hours, opened: datetime) -> str:
    end = after_open_time(hours, start=opened, wanted=timedelta(minutes=minutes))
    return _moment(end.astimezone(opened.tzinfo), since=opened) if end else ""


def _moment(local: datetime, *, since: datetime) -> str:
    """ "Monday 09:30"; with its date where that could be another week's."""
    is_near = local - since < _NAMED_BY_WEEKDAY
    return date_format(local, "l H:i" if is_near else "l Y-m-d H:i")
