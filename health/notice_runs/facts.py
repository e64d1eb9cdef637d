"""What the variables of a notice say of an issue and of one post of it, as plain texts in one language."""

import re
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from health.models import Issue, Post
from health.posts import NextUpdate, lines_of, next_update_of

# The lines of a post that say how things stand now; the rest is title, number and boilerplate.
_NOW = re.compile(r"^(?:current|final|preliminary|latest) (?:status|update|message)\s*:\s*(.+)$", re.IGNORECASE)
_KNOWN_OTHERWISE = re.compile(r"^(?:title|user impact|next update[^:]*|start time|end time)\s*:", re.IGNORECASE)


def facts_of(issue: Issue, *, post: Post | None, language: str) -> dict[str, str]:
    """A text for each variable of `words.OF_ISSUE`; Microsoft's own words stay in English."""
    with override(language):
        return {
            "issue.id": issue.microsoft_id,
            "issue.title": issue.title,
            "issue.service": issue.service_name,
            "issue.status": str(issue.get_status_display()),
            "issue.impact": issue.impact or issue.title,
            "issue.since": _moment(issue.started_at or issue.first_seen_at),
            "issue.ended": _moment(issue.ended_at or issue.changed_at),
            "issue.next_update": _next(next_update_of(post.html) if post else None),
            "post.text": text_of(post) if post else _("Microsoft has posted nothing yet."),
            "post.at": _moment((post.posted_at or post.first_seen_at) if post else issue.changed_at),
        }


def text_of(post: Post) -> str:
    """What a post says of how things stand, without what other variables say."""
    lines = lines_of(post.html)
    now = [found[1] for line in lines if (found := _NOW.match(line))]
    return "\n".join(now or [line for line in lines if not _KNOWN_OTHERWISE.match(line)])


def _next(told: NextUpdate | None) -> str:
    if told is None:
        return _("Microsoft has not said when")
    return (_moment(told.at) if told.at else told.words).rstrip(".")


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"
