"""A customer's services over weeks: a bar of days each, availability, and what we knew at a moment."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.models import Customer, State
from customers.queries import stale_after
from health.models import Exposure, Service
from health.queries import visible_exposures
from health.timeline import DAY, Span, Sum, cut, spans_between, sum_of

PERIODS = (30, 60, 90)


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """The worst that was known of a day; UNKNOWN where nothing was. `sum` tells how long each state lasted."""

    began: datetime
    state: State
    sum: Sum


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A piece of a bar: days side by side in the same state, `x` and `width` in days."""

    state: State
    x: int
    width: int
    began: datetime
    last: datetime
    incident_minutes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceHistory:
    service: Service
    days: tuple[Day, ...]
    sum: Sum

    def blocks(self) -> list[Block]:
        """Days with an incident stand alone, so that each tells its minutes."""
        blocks: list[Block] = []
        for x, day in enumerate(self.days):
            minutes = day.sum.incident_minutes
            if blocks and blocks[-1].state == day.state != State.INCIDENT:
                last = blocks.pop()
                blocks.append(replace(last, width=last.width + 1, last=day.began))
                continue
            one = Block(state=day.state, x=x, width=1, began=day.began, last=day.began, incident_minutes=minutes)
            blocks.append(one)
        return blocks


@dataclass(frozen=True, kw_only=True, slots=True)
class Knowledge:
    """What stood in our books about a customer at a moment."""

    at: datetime
    states: tuple[tuple[Service, State], ...]
    exposures: tuple[Exposure, ...]


def read_history(customer: Customer, *, days: int, read_at: datetime | None, now: datetime) -> list[ServiceHistory]:
    """The histories of all services, the worst first; `read_at` is when the customer was last read. Two statements.

    The last day is today, as far as it has come; days are those of the reader's time zone.
    """
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    start = today - (days - 1) * DAY
    gaps = gaps_of(customer, start=start, read_at=read_at, now=now)
    changes = _changes_of(customer, until=now)
    histories = [
        _history(service, spans_between(found, gaps=gaps, start=start, end=now), start=start, days=days)
        for service, found in changes.items()
    ]
    return sorted(histories, key=lambda one: (-one.sum.incident, -one.sum.degraded, one.service.name))


def _history(service: Service, spans: list[Span], *, start: datetime, days: int) -> ServiceHistory:
    drawn = []
    for number in range(days):
        began = start + number * DAY
        parts = cut(spans, start=began, end=began + DAY)
        known = [span.state for span in parts if span.state != State.UNKNOWN]
        drawn.append(Day(began=began, state=min(known, default=State.UNKNOWN), sum=sum_of(parts)))
    return ServiceHistory(service=service, days=tuple(drawn), sum=sum_of(spans))


def _changes_of(customer: Customer, *, until: datetime) -> dict[Service, list[tuple[datetime, State]]]:
    rows = customer.state_changes.filter(at__lte=until).select_related("service").order_by("at", "id")
    found: defaultdict[Service, list[tuple[datetime, State]]] = defaultdict(list)
    for row in rows:
        found[row.service].append((row.at, State(row.after)))
    return found


def gaps_of(
    customer: Customer, *, start: datetime, read_at: datetime | None, now: datetime
) -> list[tuple[datetime, datetime]]:
    """Those that were written down, and the one that lasts, where the last reading is too old."""
    gaps = list(customer.health_gaps.filter(ended_at__gt=start).values_list("began_at", "ended_at"))
    if read_at is not None and read_at + stale_after() < now:
        gaps.append((read_at + stale_after(), now))
    return gaps


def what_we_knew(user: User, customer: Customer, *, at: datetime, read_at: datetime | None, now: datetime) -> Knowledge:
    """The states and issues of a customer as they stood at a moment, from what was stored then. Three statements."""
    gaps = gaps_of(customer, start=at, read_at=read_at, now=now)
    is_unknown = any(began <= at < ended for began, ended in gaps)
    states = tuple(
        (service, State.UNKNOWN if is_unknown else found[-1][1])
        for service, found in _changes_of(customer, until=at).items()
    )
    exposures: Any = (
        visible_exposures(user, now=now)
        .filter(Q(cleared_at__isnull=True) | Q(cleared_at__gt=at), customer=customer, first_seen_at__lte=at)
        .defer("issue__impact")
        .order_by("first_seen_at", "id")
    )
    return Knowledge(
        at=at,
        states=tuple(sorted(states, key=lambda pair: (pair[1], pair[0].name))),
        exposures=tuple(exposures),
    )


def moment_of(text: str, *, latest: datetime) -> datetime | None:
    """What <input type="datetime-local"> sends, in the reader's time zone; None for nonsense or the future."""
    try:
        at = datetime.fromisoformat(text)
        at = (timezone.make_aware(at) if timezone.is_naive(at) else at).astimezone(UTC)  # PostgreSQL fails on +16:00
    except (ValueError, OverflowError):
        return None
    return at if latest - timedelta(days=3650) < at <= latest else None
