"""States and statuses as badges, written in one step because lists show hundreds of them."""

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from csp_portal.templatetags.portal import badge, icon
from health.models import Issue

register = template.Library()


@register.simple_tag
def issue_status(issue: Issue) -> SafeString:
    """Microsoft's status of an issue in the look of its state; one we have not heard of with its raw value."""
    return badge(issue.state, unheard_of(issue.status_raw) if issue.status == Issue.Status.OTHER else _status(issue))


@register.simple_tag
def issue_class(issue: Issue) -> SafeString:
    """Incident or advisory with its icon; a class we have not heard of with its raw value."""
    symbol = _SYMBOLS.get(issue.classification, "")
    word = _CLASSES[issue.classification] if symbol else unheard_of(issue.classification_raw)
    return format_html('<span class="kind">{}{}</span>', icon(symbol or "help-circle"), word)


@register.filter
def unheard_of(raw: str) -> str:
    return _("Unknown (%(raw)s)") % {"raw": raw}


_SYMBOLS: dict[str, str] = {
    Issue.Classification.INCIDENT: "alert-octagon",
    Issue.Classification.ADVISORY: "info-circle",
}
_CLASSES = dict(Issue.Classification.choices)
_STATUSES = dict(Issue.Status.choices)


def _status(issue: Issue) -> str | Promise:
    """The word without `get_status_display`, which compares all choices for each row."""
    return _STATUSES.get(issue.status, issue.status_raw)
