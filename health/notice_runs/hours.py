"""From when each customer of a run may be written to."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from customers.models import Contact
from health.models import NoticeRun
from health.notice_runs.quiet import quiet_of


def earliest_for(run: NoticeRun, contacts: Iterable[Contact], *, now: datetime) -> dict[int, datetime]:
    """Customer → the first moment outside of its quiet hours, from now on."""
    return {contact.customer_id: earliest(run, contact, now=now) for contact in contacts}


def earliest(run: NoticeRun, contact: Contact, *, now: datetime) -> datetime:
    quiet = quiet_of(run, zone=ZoneInfo(settings.TIME_ZONE))
    return quiet.over_at(now) if quiet else now
