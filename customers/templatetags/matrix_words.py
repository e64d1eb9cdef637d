"""How the capability matrix is shown: icon, word and color of each cell and link."""

from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

from django import template
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from csp_portal.templatetags.portal import icon
from customers.gdap.abilities import answer_in_words
from customers.gdap.capabilities import JOB_OF_KEY
from customers.gdap.chains import Chain, Hold
from customers.gdap.drift import Kind
from customers.gdap.matrix import Cell, MatrixRow, color_of
from customers.gdap.reckon import Cause, Color

register = template.Library()
_LOOKS: dict[Color, tuple[str, str]] = {
    Color.RED: ("is-incident", "alert-octagon"),
    Color.AMBER: ("is-unknown", "help-circle"),
    Color.GREEN: ("is-healthy", "circle-check"),
}
_HOLDS: dict[Hold, tuple[str, str, str | Promise]] = {
    Hold.HOLDS: ("is-healthy", "circle-check", _("holds")),
    Hold.BROKEN: ("is-incident", "alert-octagon", _("broken")),
    Hold.UNKNOWN: ("is-unknown", "help-circle", _("unknown")),
    Hold.OPEN: ("", "dots", _("not looked at")),
}

_DRIFTS: dict[Kind, str | Promise] = {
    Kind.GROUP_GONE: _("The group was deleted"),
    Kind.NOT_GRANTED: _("The customer did not grant"),
    Kind.MISSING: _("The group holds nothing"),
    Kind.DIFFERENT: _("The group holds other roles"),
    Kind.EXTRA: _("Not in the template"),
}


@register.simple_tag
def ability_cells(row: MatrixRow, mine: bool) -> SafeString:
    """A customer's cells as links to their chains; the whole row in one step, because a page holds hundreds."""
    language = translation.get_language() or "en"
    customer, address = conditional_escape(row.customer.name), conditional_escape(row.address)
    asked = "?mine=yes" if mine else ""
    return SafeString(
        "".join(
            f'<td><a href="{address}{cell.job}/{asked}" title="{_title(cell.job, language)} · {customer}" '
            f"{_rest(cell, language)}</td>"
            for cell in row.cells
        )
    )


@register.simple_tag
def ability_badge(cause: str | None) -> SafeString:
    """The state of a job with its cause; nothing named means that it is possible."""
    return _badge(str(cause or ""), translation.get_language() or "en")


@register.simple_tag
def hold_badge(hold: Hold) -> SafeString:
    css, symbol, word = _HOLDS[hold]
    return format_html('<span class="state {}">{}{}</span>', css, icon(symbol), word)


@register.simple_tag
def cause_icon(cause: Cause) -> SafeString:
    return icon(_LOOKS[color_of(cause)][1])


@register.filter
def cause_css(cause: Cause) -> str:
    return _LOOKS[color_of(cause)][0]


@register.filter
def can_i(chain: Chain) -> str:
    """The answer to "can I …?"."""
    return answer_in_words(chain)


@register.simple_tag
def ability_address(customer: object, job: str) -> str:
    return reverse("gdap:ability", args=[getattr(customer, "tenant_id", ""), job])


@lru_cache(maxsize=512)
def _title(job: str, language: str) -> SafeString:
    return conditional_escape(str(JOB_OF_KEY[job].title))


@lru_cache(maxsize=512)
def _rest(cell: Cell, language: str) -> SafeString:
    """What cells of the same job and cause share, from the class on."""
    css, symbol = _LOOKS[cell.color]
    word = Cause(cell.cause).label if cell.cause else Color.GREEN.label
    mark = "*" if not cell.cause and JOB_OF_KEY[cell.job].unseen else ""
    return format_html('class="cell {}">{}<span>{}{}</span></a>', css, icon(symbol), word, mark)


@lru_cache(maxsize=512)
def _badge(cause: str, language: str) -> SafeString:
    css, symbol = _LOOKS[color_of(cause)]
    word = Cause(cause).label if cause else Color.GREEN.label
    return format_html('<span class="state {}">{}{}</span>', css, icon(symbol), word)


@register.filter
def drift_word(kind: Kind) -> str | Promise:
    """How a relationship differs from its template."""
    return _DRIFTS[kind]


@register.filter
def named(names: Mapping[str, str], key: str) -> str:
    return names.get(key, key)


@register.filter
def named_role(names: Mapping[UUID, str], key: str) -> str:
    return names.get(UUID(key), key)
