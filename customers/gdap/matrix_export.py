"""The capability matrix as a file for a spreadsheet."""

from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from csp_portal.spreadsheet import csv_answer
from customers.gdap.capabilities import JOBS
from customers.gdap.matrix import ORDER, AbilityFilter, Whose, causes_of
from customers.gdap.reckon import Cause, Color
from customers.models.customer import CustomerQuerySet


def matrix_file(rows: CustomerQuerySet, *, chosen: AbilityFilter, me: Whose | None) -> StreamingHttpResponse:
    """Every customer that the filter leaves, with a column for each job: possible, or why not."""
    jobs = [job for job in JOBS if chosen.job in ("", job.key)]
    header = [_("Customer"), _("Tenant ID"), *(job.title for job in jobs), _("Reckoned")]

    def lines() -> Iterator[list[Any]]:
        for customer in rows.order_by(*ORDER).iterator(chunk_size=500):
            causes = causes_of(customer, me=me)
            row = getattr(customer, "reckoning", None)
            at = row.reckoned_at.isoformat(timespec="seconds") if row and row.reckoned_at else ""
            yield [customer.name, customer.tenant_id, *(_word(causes[job.key]) for job in jobs), at]

    return csv_answer("capabilities", header=header, rows=lines())


def _word(cause: str) -> str:
    return str(Cause(cause).label if cause else Color.GREEN.label)
