"""The hand-over as plain text, to paste where the next shift reads."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from csp_portal.notices.models import Event
from health.models import Issue
from health.shifts.changes import Changes
from health.suspicion_words import seen_of


def text_of(changes: Changes, *, since: datetime) -> str:
    local = timezone.localtime(since)
    when = f"{date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"
    counts = {"hit": changes.newly_hit, "cleared": changes.cleared, "unknown": changes.unknown_count}
    lines = [
        _("Hand-over: what changed since %(when)s") % {"when": when},
        _("Customers newly hit: %(hit)d, cleared: %(cleared)d, turned unknown: %(unknown)d") % counts,
        *_part(_("New issues"), map(_issue, changes.gained)),
        *_part(_("Ended issues"), map(_issue, changes.ended)),
        *_part(_("Updated issues"), map(_issue, changes.updated)),
        *_part(_("Turned unknown"), (f"{one.customer.name}: {one.because}" for one in changes.unknown)),
        *_part(_("New messages"), map(_message, changes.messages)),
        *_part(_("Suspected incidents"), (f"{one.service.name}: {seen_of(one)}" for one in changes.suspicions)),
    ]
    return "\n".join(lines)


def _part(title: str, rows: Iterable[str]) -> list[str]:
    found = [f"- {row}" for row in rows]
    return ["", title, *found] if found else []


def _issue(issue: Issue) -> str:
    return f"{issue.microsoft_id} {issue.service_name}: {issue.title}"


def _message(event: Event) -> str:
    return str(event.facts.get("title", event.key))
