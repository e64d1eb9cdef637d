"""How bad an alert is, and what became of a delivery, as icon, word and color."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Delivery, Event
from csp_portal.templatetags.portal import badge, icon

register = template.Library()
_LOOKS = {Severity.CRITICAL: "INCIDENT", Severity.WARNING: "DEGRADED"}


@register.simple_tag
def severity(value: int) -> SafeString:
    known = Severity(value)
    if known in _LOOKS:
        return badge(_LOOKS[known], known.label)
    return format_html('<span class="kind">{}{}</span>', icon("info-circle"), known.label)


@register.filter
def kind_of(event: Event) -> str:
    return str(EventKind(event.kind).label)


@register.simple_tag
def delivery_state(delivery: Delivery) -> SafeString:
    """Sent, waiting for its first or for another try, or set aside."""
    state = Delivery.State(delivery.state)
    if state == Delivery.State.SENT:
        return badge("HEALTHY", state.label)
    if state == Delivery.State.SET_ASIDE:
        return badge("INCIDENT", state.label)
    if state == Delivery.State.DROPPED:
        return format_html('<span class="kind">{}{}</span>', icon("player-pause"), state.label)
    if delivery.tries:
        return badge("DEGRADED", state.label)
    return format_html('<span class="kind">{}{}</span>', icon("hourglass"), state.label)
