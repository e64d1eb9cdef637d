"""From when each contact of a run may be written to."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from csp_portal.calendars.hours import Hours, hours_of, next_opening
from csp_portal.calendars.models import Calendar
from customers.models import Contact
from health.models import NoticeRun
from health.notice_runs.quiet import quiet_of

_STEPS = 14  # two weeks of days on which quiet ends when the contract's hours do


def contract_hours(run: NoticeRun) -> dict[int, Hours]:
    """The hours of every calendar by its key, where the run keeps to them; three statements, or none."""
    if run.is_urgent or not run.in_contract_hours:
        return {}
    calendars = Calendar.objects.prefetch_related("spans", "holidays")
    return {calendar.pk: hours_of(calendar) for calendar in calendars}


def earliest(run: NoticeRun, contact: Contact, *, contracts: Mapping[int, Hours], now: datetime) -> datetime:
    """The first moment from now on outside of the quiet hours, by the clock of the contact's time zone, and within the
    hours of the customer's contract, where it has one. Where the two never meet, the contract gives way.
    """
    quiet = quiet_of(run, zone=ZoneInfo(contact.zone or settings.TIME_ZONE))
    hours = contracts.get(contact.customer.calendar_id or 0)
    first = at = quiet.over_at(now) if quiet else now
    for _step in range(_STEPS if hours else 0):
        opening = next_opening(hours, at=at) if hours else None
        if opening is None:
            break
        later = quiet.over_at(opening) if quiet else opening
        if later == opening:
            return opening
        at = later
    return first
