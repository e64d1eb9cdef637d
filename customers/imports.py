"""Brings our list of customers in line with Microsoft's, or with a file's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from customers.connections import Access
from customers.domains import Domains, merged
from customers.models import Connection, Customer, Feed
from customers.sources import CustomerList, Listed, list_from_microsoft

BATCH = 1000
# New customers are first read this far apart, so that thousands of them come evenly and a few of them soon.
HEALTH_STEP = timedelta(milliseconds=100)
LINKS_STEP = timedelta(milliseconds=500)
LINKS_INTERVAL = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportResult:
    source: Customer.Source
    listed: int
    added: int = 0
    changed: int = 0
    came_back: int = 0
    gone: int = 0
    elsewhere: int = 0  # customers that another connection reads already
    passed_over: tuple[str, ...] = ()
    is_overtaken: bool = False  # an import that began later is stored already, so this older list changed nothing


def import_customers(connection: Connection, *, now: datetime, access: Access | None = None) -> ImportResult:
    """Read the list of the connection's customers and store it; raises one of Microsoft's four errors.

    The network comes first, outside of any transaction; an answer that breaks off halfway changes nothing.
    """
    access = access or Access(connection)
    try:
        answer = list_from_microsoft(access)
    finally:
        access.keep()
    return store_list(answer, connection=connection, now=now)


@transaction.atomic
def store_list(answer: CustomerList, *, connection: Connection, now: datetime) -> ImportResult:
    """Store one complete list; an empty one changes nothing.

    Gone are only customers that the same way listed before: another way may know fewer of them. `now` is when the
    import began: a list older than the one stored last would mark new customers as gone, so it changes nothing.
    """
    if not answer.customers:
        return ImportResult(source=answer.source, listed=0, passed_over=answer.passed_over)
    stored = Connection.objects.select_for_update().get(pk=connection.pk)  # one import of a connection at a time
    if stored.customers_read_at is not None and stored.customers_read_at > now:
        return ImportResult(source=answer.source, listed=len(answer.customers), is_overtaken=True)
    Connection.objects.filter(pk=connection.pk).update(customers_read_at=now)
    listed_ids = [one.tenant_id for one in answer.customers]
    known = {row.tenant_id: row for row in _rows_of(listed_ids)}
    ours = {tenant_id: row for tenant_id, row in known.items() if row.connection_id in (None, connection.pk)}
    new = [
        _new_customer(one, connection=connection, source=answer.source)
        for one in answer.customers
        if one.tenant_id not in known
    ]
    add_customers(new, now=now)
    came_back = sum(row.is_gone for row in ours.values())
    changed = _update_all(answer, rows=ours, connection=connection)
    missing = Customer.objects.filter(connection=connection, source=answer.source, gone_at__isnull=True)
    gone = missing.exclude(tenant_id__in=listed_ids).update(gone_at=now)
    return ImportResult(
        source=answer.source,
        listed=len(listed_ids),
        added=len(new),
        changed=changed,
        came_back=came_back,
        gone=gone,
        elsewhere=len(known) - len(ours),
        passed_over=answer.passed_over,
    )


def add_customers(customers: Sequence[Customer], *, now: datetime) -> None:
    """Store new customers, each with a feed of every kind; the first readings are spread over the interval."""
    rows = Customer.objects.bulk_create(customers, batch_size=BATCH)
    spread = {
        Feed.Kind.HEALTH: (HEALTH_STEP, timedelta(seconds=settings.HEALTH_INTERVAL_SECONDS)),
        Feed.Kind.LINKS: (LINKS_STEP, LINKS_INTERVAL),
        Feed.Kind.MESSAGES: (LINKS_STEP, LINKS_INTERVAL),
    }
    feeds = [
        Feed(customer=row, kind=kind, due_at=now + min(step * place, interval / len(rows) * place))
        for kind, (step, interval) in spread.items()
        for place, row in enumerate(rows)
    ]
    Feed.objects.bulk_create(feeds, batch_size=BATCH)


def _rows_of(tenant_ids: Sequence[UUID]) -> Iterable[Customer]:
    return Customer.objects.filter(tenant_id__in=tenant_ids)


def _new_customer(one: Listed, *, connection: Connection, source: Customer.Source) -> Customer:
    domains = merged(Domains(default="", initial=""), told=one.domain)
    return Customer(
        tenant_id=one.tenant_id,
        connection=connection,
        cloud=connection.cloud,
        source=source,
        name=_name(one, domain=domains.default),
        domain=domains.default,
        initial_domain=domains.initial,
    )


def _name(one: Listed, *, domain: str) -> str:
    """Never empty, so that there is something to click on."""
    return one.name[:200] or domain or str(one.tenant_id)


def _update_all(answer: CustomerList, *, rows: dict[UUID, Customer], connection: Connection) -> int:
    """Take over names, domains, source and connection; write only the rows that differ."""
    changed = []
    for one in answer.customers:
        row = rows.get(one.tenant_id)
        if row is not None and _take_over(row, one=one, source=answer.source, connection=connection):
            changed.append(row)
    columns = ["name", "domain", "initial_domain", "source", "connection", "cloud", "gone_at"]
    Customer.objects.bulk_update(changed, columns, batch_size=BATCH)
    return len(changed)


def _take_over(row: Customer, *, one: Listed, source: Customer.Source, connection: Connection) -> bool:
    domains = merged(Domains(default=row.domain, initial=row.initial_domain), told=one.domain)
    told = {
        "name": one.name[:200] or row.name,
        "domain": domains.default,
        "initial_domain": domains.initial,
        "source": source,
        "connection_id": connection.pk,
        "cloud": connection.cloud,
        "gone_at": None,
    }
    differs = any(getattr(row, column) != value for column, value in told.items())
    for column, value in told.items():
        setattr(row, column, value)
    return differs
