"""The rules of entitlement and the gate before Microsoft in words and badges."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from csp_portal.templatetags.portal import icon
from support.escalation.gate import Barrier, Gate
from support.escalation.rules import Question, Rule
from support.escalation.showing import QUESTIONS, answer_of, conditions_of

register = template.Library()


@register.filter
def answered(rule: Rule) -> str:
    return answer_of(rule)


@register.filter
def question(rule: Rule) -> str:
    return str(QUESTIONS[Question(rule.question)])


@register.filter
def conditions(rule: Rule) -> str:
    """When it holds, in words."""
    return conditions_of(rule)


@register.simple_tag
def gate_state(gate: Gate) -> SafeString:
    if gate.is_open:
        return _badge("circle-check", "is-healthy", _("Open"))
    if gate.barrier == Barrier.BEING_CHECKED:
        return _badge("hourglass", "is-unknown", _("Being read"))
    if gate.barrier == Barrier.ACTIVE_ISSUE:
        return _badge("alert-octagon", "is-incident", _("Stopped"))
    return _badge("hand-stop", "is-degraded", _("Not yet"))


@register.simple_tag
def step_state(is_done: bool) -> SafeString:
    if is_done:
        return _badge("circle-check", "is-healthy", _("Done"))
    return _badge("list-check", "is-degraded", _("Not yet"))


@register.simple_tag
def rule_state(rule: Rule) -> SafeString:
    """Whether the sources of a rule agree, or an owner decided."""
    if rule.is_ours:
        return _badge("user-check", "is-healthy", _("Decided by us"))
    if rule.is_disputed:
        return _badge("help-circle", "is-degraded", _("Disputed"))
    return SafeString("")


def _badge(symbol: str, css: str, word: str) -> SafeString:
    return format_html('<span class="state {}">{}{}</span>', css, icon(symbol), word)
