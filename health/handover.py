"""Words about an issue to hand on: what to say on the phone, to post in Teams, and to write to a customer."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from health.models import Issue
from health.posts import NextUpdate


@dataclass(frozen=True, kw_only=True, slots=True)
class Handover:
    """One text; `key` copies it on the issue's page. Nothing in it speaks of any customer."""

    key: str
    name: str
    text: str


def handovers_of(issue: Issue, *, next_update: NextUpdate | None) -> tuple[Handover, ...]:
    """The three texts in the reader's language; Microsoft's own words stay as they are."""
    facts = {
        "id": issue.microsoft_id,
        "service": issue.service_name,
        "title": issue.title,
        "status": _status_of(issue),
        "impact": issue.impact or issue.title,
        "since": _moment(issue.started_at or issue.first_seen_at),
        "next": _next_words(next_update),
    }
    return (
        Handover(key="p", name=_("Phone script"), text=_phone() % facts),
        Handover(key="t", name=_("Teams text"), text=_teams() % facts),
        Handover(key="m", name=_("Mail"), text=_mail() % facts),
    )


def _phone() -> str:
    return _(
        "We know of a problem with %(service)s. It is at Microsoft, not with you, and began on %(since)s. "
        "Microsoft says: %(impact)s Its state now: %(status)s. %(next)s "
        "Microsoft's number for it is %(id)s. There is nothing you have to do; we watch it "
        "and tell you when it is over."
    )


def _teams() -> str:
    return _(
        "%(service)s: %(title)s\n%(id)s · %(status)s · since %(since)s\n"
        "Impact, in Microsoft's words: %(impact)s\n%(next)s"
    )


def _mail() -> str:
    return _(
        "Subject: %(service)s: %(title)s (%(id)s)\n\n"
        "Hello,\n\n"
        "Microsoft reports a problem with %(service)s since %(since)s.\n\n"
        "What you may notice: %(impact)s\n"
        "State: %(status)s\n"
        "%(next)s\n\n"
        "You don't have to do anything. We follow Microsoft's work on it (%(id)s) and write again when it is over.\n"
    )


def _status_of(issue: Issue) -> str:
    if issue.status == Issue.Status.OTHER:
        return _("Unknown (%(raw)s)") % {"raw": issue.status_raw}
    return str(issue.get_status_display())


def _next_words(next_update: NextUpdate | None) -> str:
    if next_update is None:
        return _("Microsoft has not said when it tells more.")
    when = _moment(next_update.at) if next_update.at else next_update.words
    return _("Microsoft's next update: %(when)s.") % {"when": when.rstrip(".")}


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"
