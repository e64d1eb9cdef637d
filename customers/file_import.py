"""Stores the customers of a file: all lines or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from customers.csv_file import FileCustomer
from customers.domains import Domains, merged
from customers.imports import BATCH, add_customers
from customers.models import Connection, Customer


class FileRefused(ValueError):
    """Nothing was stored; `problems` name the lines and what to do."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True, slots=True)
class FileResult:
    added: int
    changed: int
    unchanged: int


@transaction.atomic
def store_file(customers: Sequence[FileCustomer], *, connection: Connection | None, now: datetime) -> FileResult:
    """Add what is new, update what a file brought before, leave alone what Microsoft lists; or FileRefused."""
    known = {
        row.tenant_id: row for row in Customer.objects.filter(tenant_id__in=[c.listed.tenant_id for c in customers])
    }
    problems = [
        p for one in customers if (p := _problem(one, row=known.get(one.listed.tenant_id), connection=connection))
    ]
    if problems:
        raise FileRefused(problems)
    new = [_new(one, connection=connection) for one in customers if one.listed.tenant_id not in known]
    if new:
        add_customers(new, now=now)
    changed = [
        row
        for one in customers
        if (row := known.get(one.listed.tenant_id)) is not None and _update(row, one=one, connection=connection)
    ]
    columns = ["name", "domain", "initial_domain", "connection", "cloud", "gone_at"]
    Customer.objects.bulk_update(changed, columns, batch_size=BATCH)
    return FileResult(added=len(new), changed=len(changed), unchanged=len(customers) - len(new) - len(changed))


def _problem(one: FileCustomer, *, row: Customer | None, connection: Connection | None) -> str:
    """Why this line may not be stored, or nothing. Clouds are never mixed."""
    cloud = connection.cloud if connection is not None else (row.cloud if row is not None and row.connection_id else "")
    if not cloud or one.cloud == cloud:
        return ""
    text = _("Line %(line)d: the cloud is %(cloud)s, but the customer's connection is of %(other)s. Correct the line.")
    return text % {"line": one.line, "cloud": one.cloud.value, "other": cloud}


def _new(one: FileCustomer, *, connection: Connection | None) -> Customer:
    domains = merged(Domains(default="", initial=""), told=one.listed.domain)
    return Customer(
        tenant_id=one.listed.tenant_id,
        connection=connection,
        cloud=one.cloud,
        name=one.listed.name,
        domain=domains.default,
        initial_domain=domains.initial,
        source=Customer.Source.FILE,
    )


def _update(row: Customer, *, one: FileCustomer, connection: Connection | None) -> bool:
    """Take the line over; what Microsoft lists keeps Microsoft's name, and a connection once given is kept."""
    before = (row.name, row.domain, row.initial_domain, row.connection_id, row.cloud, row.gone_at)
    if row.source == Customer.Source.FILE:
        domains = merged(Domains(default=row.domain, initial=row.initial_domain), told=one.listed.domain)
        row.name, row.domain, row.initial_domain = one.listed.name, domains.default, domains.initial
        row.gone_at = None
    if row.connection_id is None:
        row.connection, row.cloud = connection, one.cloud
    return before != (row.name, row.domain, row.initial_domain, row.connection_id, row.cloud, row.gone_at)
