"""Status and severity of tickets as badges: icon, word and color."""

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from csp_portal.templatetags.portal import icon
from support.models import Severity, Status

register = template.Library()
_STATUSES = {
    Status.NEW: ("inbox", "is-degraded"),
    Status.OPEN: ("player-play", "is-degraded"),
    Status.WAITING_CUSTOMER: ("hourglass", "is-unknown"),
    Status.WAITING_MICROSOFT: ("brand-windows", "is-unknown"),
    Status.WAITING_DISTRIBUTOR: ("hourglass", "is-unknown"),
    Status.VERIFYING: ("user-check", "is-degraded"),
    Status.SOLVED: ("circle-check", "is-healthy"),
    Status.CLOSED: ("check", "is-healthy"),
}
_SEVERITIES = {
    Severity.A: ("alert-octagon", "is-incident"),
    Severity.B: ("alert-triangle", "is-degraded"),
    Severity.C: ("info-circle", "is-unknown"),
}


@register.simple_tag
def ticket_status(status: str) -> SafeString:
    symbol, css = _STATUSES[Status(status)]
    return _badge(symbol, css, str(Status(status).label))


@register.simple_tag
def ticket_severity(severity: str) -> SafeString:
    symbol, css = _SEVERITIES[Severity(severity)]
    return _badge(symbol, css, str(Severity(severity).label))


@lru_cache(maxsize=256)
def _badge(symbol: str, css: str, word: str) -> SafeString:
    return format_html('<span class="state {}">{}{}</span>', css, icon(symbol), word)
