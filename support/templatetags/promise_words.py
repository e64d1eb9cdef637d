"""Promises as badges and durations: icon, word and color, and the time that goes with it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from csp_portal.calendars.durations import in_words
from csp_portal.templatetags.portal import age, icon
from support.models import SlaClock
from support.sla.showing import ClockState, broken_at, next_clock, state_of

register = template.Library()
_LOOKS = {
    ClockState.KEPT: ("circle-check", "is-healthy"),
    ClockState.ON_TIME: ("hourglass", "is-healthy"),
    ClockState.ENDS_SOON: ("clock-exclamation", "is-degraded"),
    ClockState.PAUSED: ("player-pause", "is-unknown"),
    ClockState.BROKEN: ("clock-x", "is-incident"),
}
MINUTE = timedelta(minutes=1)


@register.simple_tag
def clock_state(state: ClockState) -> SafeString:
    symbol, css = _LOOKS[state]
    return _badge(symbol, css, str(state.label))


@lru_cache(maxsize=64)
def _badge(symbol: str, css: str, word: str) -> SafeString:
    return format_html('<span class="state {}">{}{}</span>', css, icon(symbol), word)


@register.simple_tag
def next_promise(clocks: Sequence[SlaClock], now: datetime) -> SafeString:
    """What a list shows of a ticket's open clocks: the one to look at first, and that Microsoft is late."""
    clock = next_clock(clocks)
    if clock is None:
        return format_html('<span class="text-secondary">{}</span>', "–")
    state = state_of(clock, now=now)
    moment = broken_at(clock, now=now) or clock.ends_at
    when = format_html(" · {}", age(moment)) if moment else ""
    cell = format_html('{}<span class="sub">{}{}</span>', clock_state(state), SlaClock.Kind(clock.kind).label, when)
    if any(one.kind == SlaClock.Kind.MICROSOFT and one is not clock and broken_at(one, now=now) for one in clocks):
        cell = format_html('{}<span class="sub">{}</span>', cell, _("Microsoft is late"))
    return cell


@register.filter
def hours_and_minutes(time: timedelta) -> str:
    return in_words(time // MINUTE)


@register.filter
def promised_time(minutes: int | None) -> str:
    return in_words(minutes) if minutes else "–"
