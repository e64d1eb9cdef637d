"""What an alert says to a person, in the language that is active."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from csp_portal.calendars.durations import in_words
from csp_portal.notices.kinds import EventKind, Severity

# The facts that are shown, in this order; what else an event knows is for programs.
LABELS = {
    "promised": gettext_lazy("Promise"),
    "minutes": gettext_lazy("Time promised"),
    "broken_at": gettext_lazy("Broken since"),
    "ticket_severity": gettext_lazy("Severity"),
    "owner": gettext_lazy("Owner"),
    "service": gettext_lazy("Service"),
    "class": gettext_lazy("Class"),
    "status": gettext_lazy("Status"),
    "started_at": gettext_lazy("Started"),
    "problem": gettext_lazy("Problem"),
    "what": gettext_lazy("What ends"),
    "relationship": gettext_lazy("Relationship"),
    "ends_at": gettext_lazy("Ends"),
    "days_left": gettext_lazy("Days left at most"),
    "act_by": gettext_lazy("Act by"),
    "seen": gettext_lazy("What was seen"),
    "issue": gettext_lazy("Issue"),
    "minutes_ahead": gettext_lazy("Minutes ahead of Microsoft"),
    "detail": gettext_lazy("In detail"),
    "text": gettext_lazy("Update"),
}
_MOMENTS = frozenset({"started_at", "ends_at", "act_by", "broken_at"})
_OURS = frozenset({"class", "status", "problem", "what", "promised"})  # kept in English, and known to the catalog
LONGEST = 1500


def headline(content: Mapping[str, Any]) -> str:
    """The one line that says it: how bad, what, and about what."""
    if content["kind"] == "TEST":
        return _("Test message of the portal")
    words = {
        "severity": Severity[content["severity"]].label,
        "kind": EventKind(content["kind"]).label,
        "title": content["facts"].get("title", ""),
    }
    return " ".join((_("%(severity)s · %(kind)s: %(title)s") % words).split())[:200]


def lines(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Labels and values that follow the headline."""
    if content["kind"] == "TEST":
        return [(_("Asked for by"), str(content["facts"].get("by", "")))]
    found = facts_of(content["facts"])
    if hit := content["customers"]["count"]:
        found.append((_("Customers hit"), _customers(hit, content["customers"]["names"])))
    found.append((_("Seen"), _seen(content)))
    return found


def facts_of(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (str(label), _value(name, facts[name])) for name, label in LABELS.items() if facts.get(name) not in (None, "")
    ]


def _value(name: str, value: Any) -> str:
    if name in _MOMENTS:
        return moment(str(value))
    if name == "minutes":
        return in_words(int(value))
    return _(str(value)) if name in _OURS else str(value)[:LONGEST]


def moment(iso: str) -> str:
    """A moment in the portal's time zone, with its name."""
    try:
        local = timezone.localtime(datetime.fromisoformat(iso))
    except ValueError:
        return iso
    return f"{date_format(local, 'Y-m-d H:i')} {settings.TIME_ZONE}"


def _customers(count: int, names: list[str]) -> str:
    more = count - len(names)
    shown = ", ".join(names)
    return f"{count}: {shown}" + (", " + _("and %(more)d more") % {"more": more} if more > 0 else "")


def _seen(content: Mapping[str, Any]) -> str:
    first, last, count = content["firstSeenAt"], content["lastSeenAt"], content["count"]
    times = ngettext("%(count)d time", "%(count)d times", count) % {"count": count}
    if count == 1 or first == last:
        return f"{moment(first)} · {times}"
    return f"{moment(first)} – {moment(last)} · {times}"
