"""Suspected incidents, notice runs and the matrix as files for a spreadsheet: what their pages show, unpaged."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from csp_portal.accounts.exports import exports
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import SignedInRequest
from csp_portal.audit.actions import Action
from csp_portal.spreadsheet import csv_answer
from customers.access import visible_customers
from customers.group_filter import GroupFilter
from customers.listing import listing_of
from customers.models import Customer, Feed, State
from health.matrix import Cell, MatrixFilter, draw_matrix
from health.matrix_view import chosen_in
from health.models import Suspicion
from health.notice_runs.queries import NEWEST_FIRST, with_counts
from health.notice_runs.views import chosen_runs
from health.suspicion_words import reporter_of, seen_of
from health.suspicions import visible_suspicions

CHUNK = 500


@exports(Action.SUSPICIONS_EXPORTED)
def suspicions(request: SignedInRequest) -> HttpResponseBase:
    header = [
        *(_("Service"), _("Cloud"), _("State"), _("What was seen"), _("Customers"), _("Reported"), _("Reported by")),
        *(_("Ended"), _("Issue"), _("Minutes ahead of Microsoft"), _("Why")),
    ]
    rows = visible_suspicions(request.user, groups=GroupFilter.from_query(request.GET, user=request.user))
    return csv_answer("suspicions", header=header, rows=map(_suspicion, rows.iterator(chunk_size=CHUNK)))


def _suspicion(row: Suspicion) -> list[object]:
    """Of its customers those that `visible_suspicions` has fetched: the reader's own."""
    return [
        *(row.service.name, row.service.cloud, row.get_outcome_display(), seen_of(row)),
        "; ".join(customer.name for customer in row.customers.all()),
        *(_moment(row.reported_at), reporter_of(row), _moment(row.ended_at)),
        *(row.issue.microsoft_id if row.issue else "", row.minutes_ahead, row.why),
    ]


@exports(Action.RUNS_EXPORTED)
def runs(request: SignedInRequest) -> HttpResponseBase:
    header = [
        *(_("Title"), _("State"), _("Topic"), _("Issue"), _("Drafted"), _("Written by"), _("Approved by")),
        *(_("Notices"), _("Sent"), _("Waiting"), _("To look at")),
    ]
    rows = with_counts(chosen_runs(request), user=request.user).order_by(*NEWEST_FIRST)
    return csv_answer("notice-runs", header=header, rows=map(_run, rows.iterator(chunk_size=CHUNK)))


def _run(run: Any) -> list[object]:
    """Of a run with its counts."""
    return [
        *(run.title, run.get_state_display(), run.get_topic_display(), run.issue.microsoft_id if run.issue else ""),
        *(_moment(run.drafted_at), run.author.name, run.approver.name if run.approver else ""),
        *(run.all_notices, run.sent, run.waiting, run.troubled),
    ]


@exports(Action.MATRIX_EXPORTED)
def matrix(request: SignedInRequest) -> HttpResponseBase:
    """A line for each service of each customer; without `show=all` only what is not healthy."""
    header = [
        *(_("Customer"), _("Tenant ID"), _("Domain"), _("Service"), _("Health"), _("Status"), _("Since")),
        _("Unknown because"),
    ]
    rows = _matrix(request.user, chosen_in(request), now=timezone.now())
    return csv_answer("matrix", header=header, rows=rows)


def _matrix(user: User, chosen: MatrixFilter, *, now: datetime) -> Iterator[list[object]]:
    ordered, columns = listing_of(visible_customers(user), chosen=chosen.customers, now=now).ordered()
    customers = ordered.order_by(*columns).iterator(chunk_size=CHUNK)
    while chunk := list(islice(customers, CHUNK)):
        drawn = draw_matrix(user, chunk, chosen=chosen, now=now)
        for row in drawn.rows:
            for service, cell in zip(drawn.services, row.cells, strict=True):
                if cell is not None and (chosen.shows_all or cell.state_now != State.HEALTHY):
                    yield _cell(row.customer, service, cell)


def _cell(customer: Customer, service: str, cell: Cell) -> list[object]:
    cause = cell.unknown_now
    return [
        *(customer.name, customer.tenant_id, customer.domain, service, State(cell.state_now).label, cell.status_raw),
        *(_moment(cell.since), Feed.Problem(cause).label if cause in Feed.Problem.values else cause),
    ]


def _moment(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
