"""The health of one customer: every service as it is known now, what troubles it, and what changed."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from csp_portal.accounts.models import User
from customers.access import visible_customers
from customers.models import Customer, Feed, State
from customers.queries import with_health_at
from health.advice import Advice, advice_for
from health.models import Exposure, ServiceState, StateChange
from health.queries import state_changes_of, visible_exposures, visible_service_states

HISTORY = timedelta(days=30)
CHANGES_SHOWN = 60
ISSUES_SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class ServiceRow:
    state: ServiceState
    exposures: tuple[Exposure, ...]


@dataclass(frozen=True, kw_only=True)
class CustomerHealth:
    """`customer` carries health_now, unknown_now and health_read_at; `advice` is there while it is unknown."""

    customer: Customer
    feed: Feed | None
    advice: Advice | None
    troubled: tuple[ServiceRow, ...]
    healthy: tuple[ServiceState, ...]
    open_issues: tuple[Exposure, ...]
    past_issues: tuple[Exposure, ...]


def read_customer_health(user: User, customer: Customer, *, now: datetime) -> CustomerHealth:
    """Everything a page or panel shows of a customer that this person may see; four statements."""
    found = with_health_at(visible_customers(user), now=now).get(pk=customer.pk)
    states = visible_service_states(user, now=now).filter(customer=customer).order_by("state_now", "service__name")
    exposures = (
        visible_exposures(user, now=now)
        .filter(customer=customer, last_seen_at__gte=now - HISTORY)
        .defer("issue__impact")
        .order_by("-first_seen_at", "-id")[:ISSUES_SHOWN]
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
        customer=found,
        feed=Feed.objects.filter(customer=customer, kind=Feed.Kind.HEALTH).first(),
        advice=advice_for(found.unknown_now) if found.health_now == State.UNKNOWN else None,
        troubled=tuple(row for row in rows if row.state.state_now != State.HEALTHY),
        healthy=tuple(row.state for row in rows if row.state.state_now == State.HEALTHY),
        open_issues=tuple(open_issues),
        past_issues=tuple(past_issues),
    )


def recent_changes(customer: Customer, *, now: datetime) -> list[StateChange]:
    return list(state_changes_of(customer, since=now - HISTORY)[:CHANGES_SHOWN])
