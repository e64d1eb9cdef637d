"""Words and looks of delegated administration."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from csp_portal.templatetags.portal import badge
from customers.gdap.history import duration_words
from customers.gdap.queries import lapses_at
from customers.gdap.tabs import gdap_tabs
from customers.models import AccessAssignment, Relationship, State
from customers.tabs import Tab

register = template.Library()
Status = Relationship.Status
_LOOKS: dict[str, State] = {
    Status.ACTIVE: State.HEALTHY,
    Status.EXPIRING: State.DEGRADED,
    Status.EXPIRED: State.INCIDENT,
    Status.TERMINATION_REQUESTED: State.DEGRADED,
    Status.TERMINATING: State.DEGRADED,
    Status.TERMINATED: State.INCIDENT,
}
_WORDS: dict[str, str | Promise] = dict(Status.choices)
_ASSIGNMENT_LOOKS: dict[str, State] = {
    AccessAssignment.Status.ACTIVE: State.HEALTHY,
    AccessAssignment.Status.ERROR: State.INCIDENT,
    AccessAssignment.Status.DELETING: State.DEGRADED,
    AccessAssignment.Status.DELETED: State.INCIDENT,
}
_ASSIGNMENT_WORDS: dict[str, str | Promise] = dict(AccessAssignment.Status.choices)
_CAUSES: dict[str, str | Promise] = {
    "name": gettext_lazy("Name"),
    "status": gettext_lazy("Status"),
    "role_ids": gettext_lazy("Roles"),
    "duration": gettext_lazy("Duration"),
    "auto_extend_duration": gettext_lazy("Extends automatically by"),
    "activated_at": gettext_lazy("Activated"),
    "ends_at": gettext_lazy("End"),
    "seen": gettext_lazy("Reported by Microsoft"),
    "gone": gettext_lazy("No longer reported by Microsoft"),
    "assignment": gettext_lazy("Group"),
}


@register.simple_tag
def gdap_tab_list(current: str) -> list[Tab]:
    return gdap_tabs(current)


@register.simple_tag
def relationship_status(relationship: Relationship) -> SafeString:
    """Microsoft's status with icon, word and color; one that is no longer reported says so, never more."""
    if relationship.gone_at is not None:
        return badge(State.UNKNOWN, _("No longer reported"))
    word = _WORDS.get(relationship.status, relationship.status)
    return badge(_LOOKS.get(relationship.status, State.UNKNOWN), word)


@register.simple_tag
def assignment_status(assignment: AccessAssignment) -> SafeString:
    if assignment.gone_at is not None:
        return badge(State.UNKNOWN, _("No longer reported"))
    word = _ASSIGNMENT_WORDS.get(assignment.status, assignment.status)
    return badge(_ASSIGNMENT_LOOKS.get(assignment.status, State.UNKNOWN), word)


@register.filter
def days_left(relationship: Relationship) -> str:
    """How long it lasts, or an invitation can still be accepted; empty where there is no end ahead."""
    end = lapses_at(relationship) or relationship.ends_at
    if end is None or relationship.gone_at is not None or relationship.status in (Status.EXPIRED, Status.TERMINATED):
        return ""
    days = (end - timezone.now()).days
    return ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days} if days >= 0 else _("over")


@register.filter
def lapse_of(relationship: Relationship) -> datetime | None:
    return lapses_at(relationship)


@register.filter
def change_word(field: str) -> str | Promise:
    return _CAUSES.get(field, field)


@register.filter
def duration_word(text: str) -> str:
    return duration_words(text)
