"""The health of one customer: every service as it is known now, what troubles it, and what changed."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from csp_portal.accounts.models import User
from customers.access import feeds_of
from customers.advice import Advice, advice_on
from customers.due import Due, due_of
from customers.models import Customer, Feed, State
from health.models import Exposure, StateChange
from health.queries import state_changes_of, visible_exposures, visible_service_states

HISTORY = timedelta(days=30)
CHANGES_SHOWN = 60
ISSUES_SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class ServiceRow:
    state: Any  # a row of visible_service_states
    exposures: tuple[Exposure, ...]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """When a customer is read next; `advice` says what to do while its state is not known."""

    due: Due | None
    advice: Advice | None


@dataclass(frozen=True, kw_only=True)
class CustomerHealth:
    customer: Customer
    troubled: tuple[ServiceRow, ...]
    healthy: tuple[Any, ...]
    open_issues: tuple[Exposure, ...]
    past_issues: tuple[Exposure, ...]


def read_customer_health(user: User, customer: Any, *, now: datetime) -> CustomerHealth:
    """Everything a page or panel shows of a customer from `get_customer_at`; three statements."""
    states = visible_service_states(user, now=now).filter(customer=customer).order_by("state_now", "service__name")
    exposures = (
        visible_exposures(user, now=now)
        .filter(Q(cleared_at__isnull=True) | Q(cleared_at__gte=now - HISTORY), customer=customer)
        .defer("issue__impact")
        .order_by(F("cleared_at").desc(nulls_first=True), "-first_seen_at", "-id")[:ISSUES_SHOWN]
    )
    open_issues, past_issues, by_service = [], [], defaultdict(list)
    for exposure in exposures:
        if exposure.cleared_at is None:
            open_issues.append(exposure)
            by_service[exposure.issue.service_name].append(exposure)
        else:
            past_issues.append(exposure)
    rows = [ServiceRow(state=state, exposures=tuple(by_service[state.service.name])) for state in states]
    open_issues.sort(key=lambda exposure: exposure.issue.state)
    return CustomerHealth(
        customer=customer,
        troubled=tuple(row for row in rows if row.state.state_now != State.HEALTHY),
        healthy=tuple(row.state for row in rows if row.state.state_now == State.HEALTHY),
        open_issues=tuple(open_issues),
        past_issues=tuple(past_issues),
    )


def reading_of(customer: Any) -> Reading:
    """How the customer from `get_customer_at` is read."""
    feed = feeds_of(customer).get(Feed.Kind.HEALTH)
    is_read = feed is not None and not customer.is_gone and not customer.is_paused
    is_unknown = customer.health_now == State.UNKNOWN
    return Reading(
        due=due_of(feed, connection=customer.connection) if feed is not None and is_read else None,
        advice=advice_on(customer, cause=customer.unknown_now, is_unknown=is_unknown, feed=feed),
    )


def recent_changes(customer: Customer, *, now: datetime) -> list[StateChange]:
    """Newest first; what a service was when it was first read is no change, unless it was not healthy."""
    changes = state_changes_of(customer, since=now - HISTORY).exclude(before__isnull=True, after=State.HEALTHY)
    return list(changes[:CHANGES_SHOWN])
