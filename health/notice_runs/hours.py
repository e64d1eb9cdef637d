"""From when each contact of a run may be written to."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from customers.models import Contact
from health.models import NoticeRun
from health.notice_runs.quiet import quiet_of


def earliest(run: NoticeRun, contact: Contact, *, now: datetime) -> datetime:
    """The first moment from now on outside of the quiet hours, by the clock of the contact's time zone."""
    quiet = quiet_of(run, zone=ZoneInfo(contact.zone or settings.TIME_ZONE))
    return quiet.over_at(now) if quiet else now
