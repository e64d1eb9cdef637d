"""Rows of the list of tickets, each written in one step because a list shows a hundred of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from csp_portal.templatetags.portal import age
from support.models import SlaClock
from support.templatetags.promise_words import next_promise
from support.templatetags.ticket_words import ticket_severity, ticket_status

register = template.Library()
Clocks = Mapping[int, Sequence[SlaClock]]


@register.simple_tag
def ticket_rows(tickets: list[Any], clocks: Clocks, now: datetime, may_work: bool) -> SafeString:
    """The body of the table, from the columns that `lists.views` reads; what people wrote is escaped on its way in."""
    labels = {name: escape(word) for name, word in _labels().items()}
    rows = (_row(one, clocks.get(one.pk, ()), labels=labels, now=now, may_work=may_work) for one in tickets)
    return SafeString("".join(rows))


def _labels() -> dict[str, str]:
    return {
        "customer": _("Customer"),
        "status": _("Status"),
        "severity": _("Severity"),
        "promise": _("Promise"),
        "owner": _("Owner"),
        "queue": _("Queue"),
        "updated": _("Last change"),
        "nobodys": _("nobody's we know"),
        "nobody": _("nobody"),
    }


def _row(ticket: Any, clocks: Sequence[SlaClock], *, labels: Mapping[str, str], now: datetime, may_work: bool) -> str:
    number, subject = ticket.pk, escape(ticket.subject or "–")
    tick = (
        f'<td><input class="form-check-input" type="checkbox" name="ticket" value="{number}" '
        f'aria-label="#{number} {subject}"></td>'
    )
    customer = escape(ticket.customer__name) if ticket.customer__name is not None else _pale(labels["nobodys"])
    owner = escape(ticket.owner__name) if ticket.owner__name is not None else _pale(labels["nobody"])
    return (
        f'<tr data-row id="ticket-{number}">{tick if may_work else ""}'
        f'<th scope="row"><a class="row-title" href="/tickets/{number}/">{subject}</a>'
        f'<span class="sub"><span class="id">#{number}</span>{_beside(ticket)}</span></th>'
        f'<td data-label="{labels["customer"]}">{customer}</td>'
        f'<td data-label="{labels["status"]}">{ticket_status(ticket.status)}{_asleep(ticket, now=now)}</td>'
        f'<td data-label="{labels["severity"]}">{ticket_severity(ticket.severity)}</td>'
        f'<td data-label="{labels["promise"]}"><div>{next_promise(clocks, now)}</div></td>'
        f'<td data-label="{labels["owner"]}" class="text-nowrap">{owner}</td>'
        f'<td data-label="{labels["queue"]}">{escape(ticket.queue__name)}</td>'
        f'<td data-label="{labels["updated"]}" class="text-nowrap">{age(ticket.updated_at)}</td></tr>\n'
    )


def _pale(word: str) -> str:
    return f'<span class="text-secondary">{word}</span>'


def _beside(ticket: Any) -> str:
    words = (ticket.requester_name, ticket.service__name, *ticket.tags)
    return "".join(f" · {escape(word)}" for word in words if word)


def _asleep(ticket: Any, *, now: datetime) -> str:
    if ticket.snoozed_until is None or ticket.snoozed_until <= now:
        return ""
    until = date_format(localtime(ticket.snoozed_until), "SHORT_DATETIME_FORMAT")
    return f'<span class="sub">{escape(_("asleep until %(until)s") % {"until": until})}</span>'
