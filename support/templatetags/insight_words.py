"""A habit in words: what is asked, how that compares, what would help, and the list of its tickets."""

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from csp_portal.templatetags.portal import icon
from support.insight.queries import evidence_of, sentence_of
from support.models import Habit, Help, Kind

register = template.Library()
_SYMBOLS = {Help.TRAINING: "users", Help.SERVICE: "package", Help.FIX: "tool"}


@register.filter
def asked_in(habit: Habit) -> str:
    """ "Exchange Online · Technical · password"."""
    about = habit.service.name if habit.service else _("no service named")
    return " · ".join([about, str(Kind(habit.kind).label), *([f"“{habit.word}”"] if habit.word else [])])


@register.filter
def compared(habit: Habit) -> str:
    if habit.rate is None:
        return _("not compared: its seats are not known")
    own = _("%(rate).1f per 100 seats") % {"rate": habit.rate}
    if habit.similar_rate is None:
        return _("%(own)s; too few similar customers") % {"own": own}
    words = ngettext(
        "%(own)s; %(rate).1f at %(count)d similar customer",
        "%(own)s; %(rate).1f at %(count)d similar customers",
        habit.similar,
    )
    return words % {"own": own, "rate": habit.similar_rate, "count": habit.similar}


@register.simple_tag
def help_badge(habit: Habit) -> SafeString:
    if not habit.help:
        return format_html("{}", "")
    kind = Help(habit.help)
    return format_html('<span class="badge bg-secondary-lt">{} {}</span>', icon(_SYMBOLS[kind]), kind.label)


@register.filter
def advice(habit: Habit) -> str | Promise:
    return sentence_of(habit)


@register.filter
def evidence(habit: Habit) -> str:
    return evidence_of(habit)
