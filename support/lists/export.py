"""Tickets as a file for a spreadsheet."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.spreadsheet import csv_answer
from support.lists.filters import TicketFilter, tickets_of
from support.lists.search import matching
from support.models import Family, Kind, Severity, SlaClock, Status, Ticket
from support.sla.showing import broken_at, latest_clocks, state_of, with_all_clocks

BESIDE = ("customer", "owner", "queue", "service", "issue")


def tickets_file(user: User, chosen: TicketFilter, *, now: datetime) -> StreamingHttpResponse:
    """Every ticket that the filters leave, newest first; of what was said only the subject."""
    header = [
        *(_("Number"), _("Customer"), _("Subject"), _("Who asked"), _("Their mail address"), _("Status"), _("Turn")),
        *(_("Severity"), _("Kind"), _("Product family"), _("Service"), _("Queue"), _("Owner"), _("Tags"), _("Issue")),
        *(_("Opened"), _("Updated"), _("First answered"), _("Solved"), _("Reopened")),
        *chain.from_iterable((kind.label, _("%(promise)s until") % {"promise": kind.label}) for kind in SlaClock.Kind),
    ]
    return csv_answer("tickets", header=header, rows=_rows(user, chosen, now))


def _rows(user: User, chosen: TicketFilter, now: datetime) -> Iterator[list[object]]:
    found = tickets_of(user, chosen, now=now)
    found = matching(found, words=chosen.words) if chosen.words else found
    found = found.select_related(*BESIDE).prefetch_related(with_all_clocks()).defer("impact").order_by("-id")
    for ticket in found.iterator(chunk_size=500):
        yield [*_cells(ticket), *_promises(ticket, now)]


def _cells(ticket: Ticket) -> list[object]:
    return [
        *(ticket.pk, ticket.customer.name if ticket.customer else "", ticket.subject),
        *(ticket.requester_name, ticket.requester_address, Status(ticket.status).label, ticket.turn.label),
        *(Severity(ticket.severity).label, Kind(ticket.kind).label, Family(ticket.family).label),
        *(ticket.service.name if ticket.service else "", ticket.queue.name, ticket.owner.name if ticket.owner else ""),
        *(", ".join(ticket.tags), ticket.issue.microsoft_id if ticket.issue else ""),
        *map(_moment, (ticket.created_at, ticket.updated_at, ticket.first_answered_at, ticket.solved_at)),
        ticket.reopened,
    ]


def _promises(ticket: Ticket, now: datetime) -> Iterator[object]:
    clocks = {clock.kind: clock for clock in latest_clocks(ticket, ticket.all_clocks)}  # type: ignore[attr-defined]
    for kind in SlaClock.Kind:
        clock = clocks.get(kind)
        yield state_of(clock, now=now).label if clock else ""
        yield _moment((broken_at(clock, now=now) or clock.ends_at) if clock else None)


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
