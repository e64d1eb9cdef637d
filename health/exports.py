"""Issues and the customers they hit as files for a spreadsheet."""

from collections.abc import Iterator
from datetime import datetime

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.spreadsheet import csv_answer
from customers.models import State
from health.issue_list import ExposureFilters, IssueFilters, filtered_issues
from health.models import Issue
from health.queries import WORST_FIRST, visible_exposures


def issues_file(user: User, filters: IssueFilters) -> StreamingHttpResponse:
    """Every issue that the filters leave, worst first."""
    header = [
        *(_("ID"), _("Cloud"), _("Title"), _("Service"), _("Feature"), _("Class"), _("Status"), _("State")),
        *(_("Resolved"), _("Started"), _("Ended"), _("Last update"), _("First seen"), _("Customers hit")),
    ]
    issues = filtered_issues(user, filters).order_by(*WORST_FIRST)
    return csv_answer("issues", header=header, rows=map(_issue_cells, issues.iterator(chunk_size=500)))


def _issue_cells(issue: Issue) -> list[object]:
    return [
        *(issue.microsoft_id, issue.cloud, issue.title, issue.service_name, issue.feature),
        *(issue.classification_raw, issue.status_raw, State(issue.state).label, _yes_no(issue.is_resolved)),
        *map(_moment, (issue.started_at, issue.ended_at, issue.last_modified_at, issue.first_seen_at)),
        issue.hit_customers,  # type: ignore[attr-defined] # annotated by visible_issues
    ]


def exposures_file(user: User, issue: Issue, filters: ExposureFilters, *, now: datetime) -> StreamingHttpResponse:
    """Every customer that the issue hits or hit."""
    header = [
        *(_("Customer"), _("Tenant ID"), _("Domain"), _("First seen"), _("Last seen"), _("Cleared")),
        *(_("Unknown now"), _("Last read")),
    ]
    return csv_answer(f"{issue.microsoft_id}-customers", header=header, rows=_exposure_rows(user, issue, filters, now))


def _exposure_rows(user: User, issue: Issue, filters: ExposureFilters, now: datetime) -> Iterator[list[object]]:
    exposures = filters.apply(visible_exposures(user, now=now).filter(issue=issue), user=user)
    for row in exposures.order_by("customer__name", "id").iterator(chunk_size=500):
        is_unknown = row.is_unknown and row.cleared_at is None and not row.customer.is_gone
        moments = map(_moment, (row.first_seen_at, row.seen_at, row.cleared_at))
        customer = row.customer
        yield [customer.name, customer.tenant_id, customer.domain, *moments, _yes_no(is_unknown), _moment(row.read_at)]


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")


def _yes_no(answer: bool) -> str:
    return _("yes") if answer else _("no")
