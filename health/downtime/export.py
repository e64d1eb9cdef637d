"""The report of downtime as a file for a spreadsheet."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.keyset import page_of
from csp_portal.spreadsheet import csv_answer
from health.downtime.queries import WORST_FIRST, DowntimeFilter, DowntimeRow, with_issues

AT_ONCE = 500


def downtimes_file(user: User, chosen: DowntimeFilter) -> StreamingHttpResponse:
    """Every row that the filters leave, the worst first."""
    header = [
        *(_("Month (UTC)"), _("Customer"), _("Tenant ID"), _("Domain"), _("Cloud"), _("Service")),
        *(_("Incident minutes"), _("Degraded minutes"), _("Unknown minutes"), _("Known minutes")),
        *(_("Availability %"), _("Promised %"), _("Standing"), _("Issues")),
        *(_("Number of the claim"), _("Filed on"), _("Amount"), _("Note")),
    ]
    return csv_answer(f"downtime-{chosen.month:%Y-%m}", header=header, rows=_rows(user, chosen))


def _rows(user: User, chosen: DowntimeFilter) -> Iterator[list[object]]:
    """Read page by page, so that the issues of a page come in one statement."""
    mark, rows = "", chosen.apply(user)
    while True:
        page = page_of(rows, order=WORST_FIRST, mark=mark, size=AT_ONCE)
        yield from map(_cells, with_issues(user, page.rows))
        mark = page.next_page_number
        if not mark:
            return


def _cells(row: DowntimeRow) -> list[object]:
    one, customer, claim = row.downtime, row.downtime.customer, getattr(row.downtime, "claim", None)
    seconds = (one.incident_seconds, one.degraded_seconds, one.unknown_seconds, row.sum.known.total_seconds())
    return [
        *(f"{one.month:%Y-%m}", customer.name, customer.tenant_id, customer.domain, customer.cloud, one.service.name),
        *(int(length // 60) for length in seconds),
        *(row.sum.availability, one.service.promised_percent, row.standing_word),
        ", ".join(issue.microsoft_id for issue in row.issues),
        *((claim.number, claim.claimed_on, claim.amount, claim.note) if claim else ("", "", "", "")),
    ]
