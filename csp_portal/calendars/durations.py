"""Times promised, as people write and read them: "30 min", "4 h", "1 h 30 min"."""

import re

from django.utils.translation import gettext as _

LONGEST = 366 * 24 * 60
_HOURS = r"(?:(?P<hours>\d{1,5})\s*(?:hours?|hrs?|h|小時))?"
_MINUTES = r"(?:(?P<minutes>\d{1,6})\s*(?:minutes?|mins?|m|分鐘|分))?"
_WORDS = re.compile(rf"{_HOURS}\s*{_MINUTES}", re.IGNORECASE)
_CLOCK = re.compile(r"(?P<hours>\d{1,5}):(?P<minutes>[0-5]\d)")


def minutes_in(text: str) -> int | None:
    """None where it is no time, or one that nobody promises: nothing, or more than a year."""
    found = _CLOCK.fullmatch(text.strip()) or _WORDS.fullmatch(text.strip())
    if not found or not text.strip():
        return None
    minutes = int(found["hours"] or 0) * 60 + int(found["minutes"] or 0)
    return minutes if 0 < minutes <= LONGEST else None


def in_words(minutes: int) -> str:
    """Hours are not days: a day of open hours is shorter than one of the clock."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": rest}
    if not rest:
        return _("%(hours)d h") % {"hours": hours}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}
