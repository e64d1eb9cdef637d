"""Relationships as a file for a spreadsheet."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from csp_portal.spreadsheet import csv_answer
from customers.gdap.rows import RelationshipRow, rows_of

AT_ONCE = 500


def relationships_file(rows: QuerySet[Any]) -> StreamingHttpResponse:
    """Every relationship of `rows`, which are in order and come with customer, connection and template."""
    header = [
        *(_("Customer"), _("Tenant ID"), _("Name"), _("ID"), _("Status"), _("No longer reported since"), _("Roles")),
        *(_("Groups"), _("Start"), _("End"), _("Duration"), _("Extends automatically by"), _("Role template")),
        *(_("Our reference"), _("Connection")),
    ]
    return csv_answer("relationships", header=header, rows=_cells(rows))


def _cells(rows: QuerySet[Any]) -> Iterator[list[object]]:
    batch = []
    for row in rows.iterator(chunk_size=AT_ONCE):
        batch.append(row)
        if len(batch) == AT_ONCE:
            yield from map(_row, rows_of(batch))
            batch = []
    yield from map(_row, rows_of(batch))


def _row(row: RelationshipRow) -> list[object]:
    one = row.relationship
    groups = "; ".join(f"{holder.name} ({holder.assignment.status})" for holder in row.holders)
    return [
        *(row.customer_name, one.customer_tenant_id or "", one.name, one.microsoft_id, one.status),
        *(_moment(one.gone_at), "; ".join(row.roles), groups, _moment(one.activated_at), _moment(one.ends_at)),
        *(one.duration, one.auto_extend_duration, one.template or "", one.reference, one.connection),
    ]


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")
