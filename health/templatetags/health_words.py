"""States and statuses as badges, written in one step because lists show hundreds of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from babel.dates import format_timedelta
from django import template
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from csp_portal.templatetags.portal import badge, icon, look_of
from customers.models import Feed
from health.history import Block
from health.matrix import MatrixRow
from health.models import Issue, Suspicion
from health.normalize import status_of
from health.sanitize import cleaned_again
from health.suspicion_words import seen_of

register = template.Library()


@register.filter
def foreign_html(kept: str) -> SafeString:
    """Microsoft's words as markup that can do nothing."""
    return cleaned_again(kept)


@register.filter
def words_of_suspicion(suspicion: Suspicion) -> str:
    return seen_of(suspicion)


@register.filter
def status_word(raw: str) -> str | Promise:
    """Microsoft's status in words; one we have not heard of as it is."""
    status, _state = status_of(raw)
    return unheard_of(raw) if status == Issue.Status.OTHER else Issue.Status(status).label


@register.filter
def class_word(raw: str) -> str | Promise:
    found = raw.upper()
    return _CLASSES[found] if found in _SYMBOLS else unheard_of(raw)


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


@register.simple_tag
def matrix_cells(row: MatrixRow, services: Sequence[str], now: datetime, none: str) -> SafeString:
    """A customer's cells as links: icon, word, color and how long it has been so; all of it in the tooltip.

    The whole row in one step: a page holds hundreds of cells, and a loop in the template costs more than they do.
    """
    language = translation.get_language() or "en"
    customer, address = conditional_escape(row.customer.name), conditional_escape(row.address)
    empty = format_html('<td class="no-cell" title="{}">–</td>', none)
    written: list[str] = []
    for cell, service in zip(row.cells, services, strict=True):
        if cell is None:
            written.append(empty)
            continue
        told = conditional_escape(_told(cell.status, cell.status_raw, cell.unknown_now))
        minutes = max(0, int((now - cell.since).total_seconds() // 60))
        rest = _rest_of_cell(cell.state_now, minutes, language)
        hint = f"{conditional_escape(service)} · {customer}: {told}"
        written.append(f'<td><a href="{address}#service-{cell.pk}" title="{hint}" {rest}</td>')
    return SafeString("".join(written))


@register.simple_tag
def day_block(block: Block) -> SafeString:
    """A piece of a bar of days; what it means is in its title, for the eye and the screen reader."""
    look = look_of(block.state)
    days = date_format(timezone.localtime(block.began), "SHORT_DATE_FORMAT")
    if block.width > 1:
        days = f"{days} – {date_format(timezone.localtime(block.last), 'SHORT_DATE_FORMAT')}"
    told = f"{days}: {look.word}"
    if block.incident_minutes:
        told += " · " + _("%(minutes)d minutes of incident") % {"minutes": block.incident_minutes}
    return format_html(
        '<rect class="{}" x="{}" y="0" width="{}" height="10"><title>{}</title></rect>',
        look.css,
        f"{block.x + 0.08:.2f}",
        f"{block.width - 0.16:.2f}",
        told,
    )


@lru_cache(maxsize=4096)
def _rest_of_cell(state: int, minutes: int, language: str) -> str:
    """What cells of the same state and age share, from the class on."""
    look = look_of(state)
    units = ((1440, minutes // 1440), (60, minutes // 60 % 24), (1, minutes))
    size = next((unit * count for unit, count in units if count), 1)
    age = format_timedelta(timedelta(minutes=size), format="narrow", locale=translation.to_locale(language))
    return format_html(
        'class="cell {}">{}<span>{}</span><small>{}</small></a>', look.css, icon(look.icon), look.word, age
    )


def _told(status: str, raw: str, cause: str) -> str:
    """Why a service is in its state: Microsoft's status, or what keeps us from knowing."""
    if cause:
        return str(Feed.Problem(cause).label if cause in Feed.Problem.values else cause)
    return unheard_of(raw) if status == Issue.Status.OTHER else str(_STATUSES.get(status, raw))


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
