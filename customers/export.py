"""Customers as a CSV file that is sent while it is read."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from csp_portal.spreadsheet import defused
from customers.models import Customer, Feed, State

BOM = "\ufeff"


class _Echo:
    """A file that hands back what was written."""

    def write(self, text: str) -> str:
        return text


def csv_lines(header: Iterable[object], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The lines one by one, for a response that streams; every cell is defused and quoted."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    yield BOM + writer.writerow([defused(cell) for cell in header])
    for row in rows:
        yield writer.writerow([defused(cell) for cell in row])


def customer_header() -> list[str]:
    return [
        *(_("Name"), _("Tenant ID"), _("Default domain"), _("Initial domain"), _("Cloud"), _("Connection")),
        *(_("Health"), _("Unknown because"), _("Since"), _("Open incidents"), _("Open advisories"), _("Read at")),
        *(_("Tags"), _("No longer listed since")),
    ]


def customer_row(customer: Any) -> list[object]:
    """The cells of a customer that `with_health_at` annotated."""
    cause = customer.unknown_now
    return [
        *(customer.name, customer.tenant_id, customer.domain, customer.initial_domain),
        *(customer.get_cloud_display(), customer.connection.name if customer.connection else ""),
        *(State(customer.health_now).label, Feed.Problem(cause).label if cause in Feed.Problem.values else cause),
        *(_moment(customer.health_since), customer.open_incidents, customer.open_advisories),
        *(_moment(customer.health_read_at), ", ".join(customer.tags), _moment(customer.gone_at)),
    ]


def customer_lines(customers: Iterable[Customer]) -> Iterator[str]:
    return csv_lines(customer_header(), (customer_row(customer) for customer in customers))


def _moment(moment: datetime | None) -> str:
    """ISO 8601 in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
