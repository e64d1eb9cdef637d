"""States of runs and notices as badges: icon, word and color."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from csp_portal.templatetags.portal import icon
from health.models import Notice, NoticeRun

register = template.Library()
_RUNS = {
    NoticeRun.State.DRAFT: ("pencil", "is-unknown"),
    NoticeRun.State.WAITING: ("hourglass", "is-degraded"),
    NoticeRun.State.APPROVED: ("check", "is-healthy"),
    NoticeRun.State.SENDING: ("mail", "is-healthy"),
    NoticeRun.State.STOPPED: ("player-pause", "is-degraded"),
    NoticeRun.State.DONE: ("circle-check", "is-healthy"),
}
_NOTICES = {
    Notice.State.PENDING: ("hourglass", "is-unknown"),
    Notice.State.SENDING: ("mail", "is-unknown"),
    Notice.State.SENT: ("circle-check", "is-healthy"),
    Notice.State.BOUNCED: ("alert-triangle", "is-degraded"),
    Notice.State.UNCERTAIN: ("help-circle", "is-degraded"),
    Notice.State.FAILED: ("alert-octagon", "is-incident"),
    Notice.State.SKIPPED: ("ban", "is-unknown"),
    Notice.State.CANCELED: ("x", "is-unknown"),
}


@register.simple_tag
def run_state(run: NoticeRun) -> SafeString:
    symbol, css = _RUNS[NoticeRun.State(run.state)]
    return _badge(symbol, css, run.get_state_display())


@register.simple_tag
def notice_state(state: str) -> SafeString:
    symbol, css = _NOTICES[Notice.State(state)]
    return _badge(symbol, css, str(Notice.State(state).label))


def _badge(symbol: str, css: str, word: str) -> SafeString:
    return format_html('<span class="state {}">{}{}</span>', css, icon(symbol), word)
