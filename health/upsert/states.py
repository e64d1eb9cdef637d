"""How each service is at each customer, and the history of its transitions; rows are written only where it changed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from customers.models import State
from health.models import ServiceState, StateChange
from health.pace import DROPPED_AFTER
from health.reading import Changed, Failed
from health.upsert.service_catalog import ServiceKey

_WRITTEN = ("state", "status", "status_raw", "since", "unknown_because", "missing_since")


def write_states(
    changed: Sequence[Changed], denied: Sequence[Failed], *, services: dict[ServiceKey, int], now: datetime
) -> dict[int, State]:
    """Bring the service states up to the readings; returns the worst state of each customer.

    A service that a whole answer no longer names becomes unknown and keeps its row; denied access turns every service
    of the customer unknown, with the cause. A service that answers have lacked for DROPPED_AFTER counts no longer, so
    that a licence that was dropped does not keep a customer unknown for good.
    """
    customer_ids = [reading.feed.customer_id for reading in changed] + [failure.feed.customer_id for failure in denied]
    stored: defaultdict[int, dict[int, ServiceState]] = defaultdict(dict)
    for row in ServiceState.objects.filter(customer__in=customer_ids):
        stored[row.customer_id][row.service_id] = row
    wanted: dict[int, list[ServiceState]] = {}
    for reading in changed:
        wanted[reading.feed.customer_id] = list(
            _states_told(reading, stored=stored[reading.feed.customer_id], services=services, now=now)
        )
    for failure in denied:
        wanted[failure.feed.customer_id] = [
            _lost(row, because=failure.problem, now=now) for row in stored[failure.feed.customer_id].values()
        ]
    _write(wanted, stored=stored, now=now)
    return {
        customer_id: State(min((row.state for row in rows if not _is_dropped(row, now=now)), default=State.UNKNOWN))
        for customer_id, rows in wanted.items()
    }


def _is_dropped(row: ServiceState, *, now: datetime) -> bool:
    return row.missing_since is not None and row.missing_since <= now - DROPPED_AFTER


def _states_told(
    reading: Changed, *, stored: dict[int, ServiceState], services: dict[ServiceKey, int], now: datetime
) -> Iterator[ServiceState]:
    customer = reading.feed.customer
    named: set[int] = set()
    for facts in reading.facts.services:
        service_id = services[customer.cloud, facts.microsoft_id]
        named.add(service_id)
        before = stored.get(service_id)
        yield ServiceState(
            customer_id=customer.pk,
            service_id=service_id,
            state=facts.state,
            status=facts.status,
            status_raw=facts.status_raw,
            since=before.since if before is not None and before.state == facts.state else now,
        )
    for service_id, row in stored.items():
        if service_id not in named:
            yield _lost(row, because="", now=now, missing_since=row.missing_since or now)


def _lost(row: ServiceState, *, because: str, now: datetime, missing_since: datetime | None = None) -> ServiceState:
    """The row of a service of which nothing is known any more; its last status stays as a memory."""
    return ServiceState(
        customer_id=row.customer_id,
        service_id=row.service_id,
        state=State.UNKNOWN,
        status=row.status,
        status_raw=row.status_raw,
        since=row.since if row.state == State.UNKNOWN else now,
        unknown_because=because,
        missing_since=missing_since or row.missing_since,
    )


def _write(wanted: dict[int, list[ServiceState]], *, stored: dict[int, dict[int, ServiceState]], now: datetime) -> None:
    rows: list[ServiceState] = []
    changes: list[StateChange] = []
    for customer_id, states in wanted.items():
        for after in states:
            before = stored[customer_id].get(after.service_id)
            if before is not None and _values(before) == _values(after):
                continue
            rows.append(after)
            if before is None or before.state != after.state:
                changes.append(_change(before, after=after, now=now))
    if rows:
        ServiceState.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["customer", "service"], update_fields=_WRITTEN
        )
    if changes:
        StateChange.objects.bulk_create(changes)


def _change(before: ServiceState | None, *, after: ServiceState, now: datetime) -> StateChange:
    return StateChange(
        customer_id=after.customer_id,
        service_id=after.service_id,
        at=now,
        before=None if before is None else before.state,
        after=after.state,
        status_raw=after.status_raw,
        because=after.unknown_because,
    )


def _values(row: ServiceState) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in _WRITTEN)
