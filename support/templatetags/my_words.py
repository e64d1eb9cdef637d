"""Words of the customers' pages: how far a request is, our hours, our promises."""

from collections import defaultdict

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from csp_portal.calendars.durations import in_words
from csp_portal.calendars.models import Calendar, OpenSpan
from csp_portal.templatetags.portal import icon
from support.models import SlaTarget, Status, Ticket

register = template.Library()
# How far it is, as who asked would say it, with its sign and color.
_STATES: dict[Status, tuple[str | Promise, str, str]] = {
    Status.NEW: (gettext_lazy("We have it"), "inbox", "info"),
    Status.OPEN: (gettext_lazy("We work on it"), "tools", "info"),
    Status.WAITING_CUSTOMER: (gettext_lazy("We wait for your answer"), "messages", "warning"),
    Status.WAITING_MICROSOFT: (gettext_lazy("Microsoft works on it"), "hourglass", "info"),
    Status.WAITING_DISTRIBUTOR: (gettext_lazy("We wait for a supplier"), "hourglass", "info"),
    Status.VERIFYING: (gettext_lazy("Please look whether it works again"), "eye", "warning"),
    Status.SOLVED: (gettext_lazy("Solved"), "circle-check", "success"),
    Status.CLOSED: (gettext_lazy("Closed"), "circle-check", "muted"),
}


@register.simple_tag
def my_state(ticket: Ticket) -> SafeString:
    words, symbol, level = _STATES[Status(ticket.status)]
    return format_html('<span class="my-state is-{}">{}{}</span>', level, icon(symbol), words)


@register.simple_tag
def my_hours(calendar: Calendar | None) -> list[str]:
    """A line for each kind of day, and the time zone; one statement."""
    if calendar is None:
        return [_("Around the clock, every day")]
    days = defaultdict(list)
    for span in calendar.spans.order_by("weekday", "begins"):
        days[span.weekday].append(f"{_clock(span.begins)}–{_clock(span.ends)}")
    lines = [f"{OpenSpan.Weekday(day).label}: {', '.join(spans)}" for day, spans in days.items()]
    return [*lines, _("Time zone: %(zone)s") % {"zone": calendar.zone}]


@register.simple_tag
def my_promise(target: SlaTarget | None) -> str:
    """What is promised for a severity, in words."""
    kinds = (
        (
            (target.first_response, _("first answer within %(time)s")),
            (target.update, _("news at least every %(time)s")),
            (target.solution, _("solution within %(time)s")),
        )
        if target
        else ()
    )
    said = [words % {"time": in_words(minutes)} for minutes, words in kinds if minutes]
    return "; ".join(said) if said else pgettext("support promise", "as soon as we can")


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
