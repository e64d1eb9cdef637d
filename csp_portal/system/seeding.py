"""Fills a database with a made-up partner by COPY, to try and to measure the portal at its full size."""

import io
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import xxhash
from django.db import connection, transaction

from csp_portal.microsoft.sandbox.catalog import SERVICES
from csp_portal.microsoft.sandbox.posts import history
from csp_portal.system.seed_facts import contact_row, facts_for, make_calendars
from csp_portal.system.seed_world import CLOUDS, SeedCustomer, SeedIssue, SeedWorld, make_world, services_of
from customers.models import CloudChoice, Connection, Contact, Customer, Feed, State
from health.models import Exposure, Issue, Post, Service, ServiceState, StateChange
from health.sanitize import sanitize_post

KEPT_CHANGES = timedelta(days=30)
TABLES = (Customer, Contact, Feed, Issue, Post, Exposure, Service, ServiceState, StateChange)


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """How many rows of each table there are now, and how long it took."""

    rows: dict[str, int]
    seconds: float


def seed_database(*, customers: int, issues: int, now: datetime, seed: int) -> Seeded:
    """Add a partner of this size to the database, in one transaction.

    Its connections are paused, so that no worker asks Microsoft for tenants that do not exist.
    """
    began = time.monotonic()
    world = make_world(customers=customers, issues=issues, now=now, seed=seed)
    with transaction.atomic():
        _write_customers(world.customers, now=now)
        services = _write_services()
        _write_issues(world, now=now)
        _copy(ServiceState, _service_states(world.customers, services=services, now=now))
        _copy(Exposure, _exposures(world))
        _copy(StateChange, _state_changes(world, services=services, now=now))
    with connection.cursor() as cursor:
        for model in TABLES:
            cursor.execute(f'VACUUM ANALYZE "{model._meta.db_table}"')
    rows = {str(model._meta.verbose_name_plural): model._default_manager.count() for model in TABLES}
    return Seeded(rows=rows, seconds=time.monotonic() - began)


def _copy(model: Any, rows: Iterable[dict[str, Any]]) -> None:
    """COPY rows (column name → value) into a model's table; all rows name the same columns."""
    text = io.StringIO()
    columns: tuple[str, ...] = ()
    for row in rows:
        columns = columns or tuple(row)
        text.write("\t".join(map(_as_text, row.values())))
        text.write("\n")
    if not columns:
        return
    text.seek(0)
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.copy_expert(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN', text)


def _as_text(value: object) -> str:
    """A value as COPY's text format wants it."""
    if value is None:
        return r"\N"
    if isinstance(value, tuple):  # the tags, which need no quoting inside
        return "{" + ",".join(value) + "}"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).replace("\\", "\\\\").replace("\t", " ").replace("\n", "\\n")


# --- customers and their feeds ---------------------------------------------------------------------------------------


def _write_customers(tenants: Sequence[SeedCustomer], *, now: datetime) -> None:
    connections = {cloud: _connection(cloud, now=now) for cloud in CLOUDS}
    calendars = make_calendars()
    _copy(
        Customer,
        (_customer_row(tenant, connection=connections[tenant.cloud], calendars=calendars) for tenant in tenants),
    )
    keys = dict(Customer.objects.filter(connection__in=connections.values()).values_list("tenant_id", "id"))
    for tenant in tenants:
        tenant.pk = keys[tenant.tenant_id]
    _copy(Contact, (row for tenant in tenants for row in _contact_rows(tenant)))
    _copy(Feed, (row for tenant in tenants for row in _feed_rows(tenant, now=now)))


def _connection(cloud: CloudChoice, *, now: datetime) -> Connection:
    return Connection.objects.create(
        name=f"Seeded {cloud.label} {uuid.uuid4().hex[:6]}",
        cloud=cloud,
        partner_tenant_id=uuid.uuid4(),
        client_id=uuid.uuid4(),
        is_paused=True,
        customers_read_at=now,
    )


def _slug(tenant: SeedCustomer) -> str:
    return f"{tenant.company.slug}-{tenant.tenant_id.hex[:4]}"


def _customer_row(tenant: SeedCustomer, *, connection: Connection, calendars: dict[str, int]) -> dict[str, Any]:
    slug, facts = _slug(tenant), facts_for(tenant.tenant_id)
    suffix = "us" if tenant.cloud == CloudChoice.US_GOV else "com"
    since = [issue.started_at for issue in tenant.hits.values()]
    return {
        "tenant_id": tenant.tenant_id,
        "connection_id": connection.pk,
        "cloud": tenant.cloud.value,
        "name": tenant.company.name,
        "domain": f"{slug}.example",
        "initial_domain": f"{slug.replace('-', '')}.onmicrosoft.{suffix}",
        "tags": tenant.tags,
        "tier": facts.tier,
        "seats": facts.seats,
        "is_vip": facts.is_vip,
        "calendar_id": calendars.get(facts.hours),
        "source": Customer.Source.PARTNER_CENTER.value,
        "health": tenant.health.value,
        "health_since": tenant.problem_since if tenant.is_lost else min(since, default=None),
        "unknown_because": tenant.problem.value if tenant.problem and tenant.is_lost else "",
        "open_incidents": tenant.open_incidents,
        "open_advisories": tenant.open_advisories,
    }


def _contact_rows(tenant: SeedCustomer) -> Iterator[dict[str, Any]]:
    for name in facts_for(tenant.tenant_id).contacts:
        row = contact_row(name, customer_name=tenant.company.name, domain=f"{_slug(tenant)}.example")
        yield {"customer_id": tenant.pk, **row}


def _feed_rows(tenant: SeedCustomer, *, now: datetime) -> Iterator[dict[str, Any]]:
    problem = tenant.problem.value if tenant.problem and tenant.problem != Feed.Problem.NOT_READ else ""
    for kind in Feed.Kind:
        is_health = kind == Feed.Kind.HEALTH
        yield {
            "customer_id": tenant.pk,
            "kind": kind.value,
            "due_at": now + timedelta(minutes=15),
            "epoch": 1,
            "tried_at": tenant.read_at and now - timedelta(minutes=5),
            "read_at": tenant.read_at,
            "changed_at": tenant.read_at,
            "failures": 12 if problem and is_health else 0,
            "problem": problem if is_health else "",
            "problem_detail": "",
            "problem_since": tenant.problem_since if problem and is_health else None,
            "paused_because": problem if is_health and tenant.is_lost else "",
        }


# --- issues, their posts and whom they hit ---------------------------------------------------------------------------


def _write_services() -> dict[tuple[str, str], int]:
    Service.objects.bulk_create(
        (Service(cloud=cloud, microsoft_id=each.id, name=each.name) for cloud in CLOUDS for each in SERVICES),
        ignore_conflicts=True,
    )
    return {(row.cloud, row.microsoft_id): row.pk for row in Service.objects.filter(cloud__in=CLOUDS)}


def _write_issues(world: SeedWorld, *, now: datetime) -> None:
    rows = Issue.objects.bulk_create(_issue(issue, world=world, now=now) for issue in world.issues)
    for issue, row in zip(world.issues, rows, strict=True):
        issue.pk = row.pk
    Post.objects.bulk_create(post for issue in world.issues for post in _posts(issue, now=now))


def _issue(issue: SeedIssue, *, world: SeedWorld, now: datetime) -> Issue:
    status, raw = issue.status
    is_read = [world.customers[number].read_at is not None for number, _ in issue.customers]
    return Issue(
        cloud=issue.cloud,
        microsoft_id=issue.microsoft_id,
        title=issue.plot.title,
        service_name=issue.plot.service,
        feature=issue.plot.feature,
        feature_group=issue.plot.group,
        classification=Issue.Classification.INCIDENT if issue.is_incident else Issue.Classification.ADVISORY,
        classification_raw=issue.plot.classification,
        status=status,
        status_raw=raw,
        state=issue.state,
        origin_raw="microsoft",
        impact=issue.plot.impact,
        is_resolved=issue.ended_at is not None,
        started_at=issue.started_at,
        ended_at=issue.ended_at,
        last_modified_at=issue.ended_at or now - timedelta(minutes=12),
        first_seen_at=issue.started_at + timedelta(minutes=5),
        changed_at=issue.ended_at or now - timedelta(minutes=11),
        exposed_customers=0 if issue.ended_at else sum(is_read),
    )


def _posts(issue: SeedIssue, *, now: datetime) -> Iterator[Post]:
    began, until = issue.started_at.timestamp(), (issue.ended_at or now).timestamp()
    every = max(600.0, (until - began) / 7)
    for moment in history(issue.plot, began=began, every=every, updates=5, heavy=False):
        at = datetime.fromtimestamp(moment.at, now.tzinfo)
        is_final = moment.closes and issue.ended_at is None  # what an open issue has not been told yet
        if moment.post and moment.at <= until and not is_final:
            yield Post(
                issue_id=issue.pk,
                posted_at=at,
                kind_raw=moment.post_type,
                html=sanitize_post(moment.post, is_html=True),
                digest=xxhash.xxh3_128_digest(f"{at}{moment.post}".encode()),
                first_seen_at=at,
            )


def _exposures(world: SeedWorld) -> Iterator[dict[str, Any]]:
    for issue in world.issues:
        cleared = issue.cleared_at()
        for number, seen_at in issue.customers:
            tenant = world.customers[number]
            if tenant.read_at is None:
                continue
            yield {
                "issue_id": issue.pk,
                "customer_id": tenant.pk,
                "first_seen_at": seen_at,
                "last_seen_at": max(seen_at, min(cleared or tenant.read_at, tenant.read_at)),
                "cleared_at": cleared,
            }


# --- states of services and their history ----------------------------------------------------------------------------


def _service_states(
    tenants: Sequence[SeedCustomer], *, services: dict[tuple[str, str], int], now: datetime
) -> Iterator[dict[str, Any]]:
    long_ago = now - timedelta(days=120)
    for tenant in tenants:
        for service, state, status, raw, issue in services_of(tenant):
            yield {
                "customer_id": tenant.pk,
                "service_id": services[tenant.cloud, service.id],
                "state": state.value,
                "status": status.value,
                "status_raw": raw,
                "since": (tenant.problem_since if tenant.is_lost else issue and issue.started_at) or long_ago,
                "unknown_because": tenant.problem.value if tenant.problem and tenant.is_lost else "",
                "missing_since": None,
            }


def _state_changes(
    world: SeedWorld, *, services: dict[tuple[str, str], int], now: datetime
) -> Iterator[dict[str, Any]]:
    for issue in world.issues:
        worse = State.INCIDENT if issue.is_incident else State.DEGRADED
        cleared = issue.cleared_at()
        if (cleared or now) < now - KEPT_CHANGES:
            continue
        for number, seen_at in issue.customers:
            tenant = world.customers[number]
            row = {"customer_id": tenant.pk, "service_id": services[issue.cloud, issue.service.id]}
            yield row | _change(at=seen_at, before=State.HEALTHY, after=worse, raw="serviceDegradation")
            if cleared:
                yield row | _change(at=cleared, before=worse, after=State.HEALTHY, raw="serviceRestored")


def _change(*, at: datetime, before: State, after: State, raw: str) -> dict[str, Any]:
    return {"at": at, "before": before.value, "after": after.value, "status_raw": raw, "because": ""}
