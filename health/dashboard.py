"""The dashboard's picture: who is hit by what, how old our knowledge is, what we do not know and why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Upper

from csp_portal.accounts.models import User
from customers.access import of_visible_customers, visible_customers
from customers.models import CloudChoice, Customer, State
from customers.queries import late_readings, with_health_at
from health.models import Exposure, Issue, Post, ServiceState
from health.pace import DROPPED_AFTER
from health.queries import unknown_hits, visible_issues
from health.reach import Curve, draw_reaches

ISSUES_SHOWN = 8
CUSTOMERS_SHOWN = 12
SERVICES_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class UnknownGroup:
    """Customers of whom we know nothing now, for one cause: a Feed.Problem, or "" for a status we have not heard of."""

    cause: str
    customers: int


@dataclass(frozen=True, kw_only=True)
class Census:
    """One pass over all customers: how many there are in each state, and how fresh that knowledge is."""

    customers: int
    by_state: dict[State, int]
    unreadable: int
    unknown: tuple[UnknownGroup, ...]
    read: int
    read_in_time: int
    oldest_read_at: datetime | None

    @property
    def percent_in_time(self) -> int:
        """Rounded down: 100 means every single one."""
        return self.read_in_time * 100 // self.customers if self.customers else 0

    @property
    def is_first_round(self) -> bool:
        """Whether so many customers were never read that the numbers say little yet."""
        return (self.customers - self.read) * 10 > self.customers


@dataclass(frozen=True, kw_only=True)
class OpenIssue:
    issue: Issue
    hit_customers: int
    unknown: int
    newest_post_at: datetime | None
    curve: Curve | None


@dataclass(frozen=True, kw_only=True)
class ServiceTrouble:
    """How many of the customers that can be read a service troubles."""

    name: str
    cloud: CloudChoice
    incident: int
    degraded: int
    unknown: int

    @property
    def customers(self) -> int:
        return self.incident + self.degraded + self.unknown


@dataclass(frozen=True, kw_only=True)
class BarPart:
    """A piece of a service's bar: `x` and `width` in percent of the longest bar, written for SVG."""

    state: State
    customers: int
    x: str
    width: str


@dataclass(frozen=True, kw_only=True)
class ServiceBar:
    service: ServiceTrouble
    parts: tuple[BarPart, ...]


@dataclass(frozen=True, kw_only=True)
class CustomerTrouble:
    customer: Customer
    services: tuple[ServiceState, ...]


def take_census(user: User, *, now: datetime) -> Census:
    """Count every current customer this person may see, in one statement."""
    in_time = now - timedelta(seconds=settings.HEALTH_INTERVAL_SECONDS * 1.5)
    customers: QuerySet[Any] = with_health_at(visible_customers(user).current(), now=now)
    rows = (
        customers.order_by()
        .values("health_now", "unknown_now")
        .annotate(
            count=Count("*"),
            read=Count("health_read_at"),
            in_time=Count("id", filter=Q(health_read_at__gte=in_time)),
            oldest=Min("health_read_at"),
        )
    )
    by_state, causes = Counter[State](), Counter[str]()
    read = read_in_time = 0
    oldest: list[datetime] = []
    for row in rows:
        state = State(row["health_now"])
        by_state[state] += row["count"]
        read += row["read"]
        read_in_time += row["in_time"]
        if row["oldest"] is not None:
            oldest.append(row["oldest"])
        if state == State.UNKNOWN:
            causes[row["unknown_now"]] += row["count"]
    return Census(
        customers=by_state.total(),
        by_state={state: by_state[state] for state in State},
        unreadable=causes.total() - causes[""],
        unknown=tuple(UnknownGroup(cause=cause, customers=count) for cause, count in causes.most_common()),
        read=read,
        read_in_time=read_in_time,
        oldest_read_at=min(oldest, default=None),
    )


def worst_open_issues(user: User, *, now: datetime) -> tuple[list[OpenIssue], int]:
    """The worst open issues that hit somebody now, and how many such issues there are."""
    newest = Post.objects.filter(issue=OuterRef("pk")).order_by("-posted_at").values("posted_at")[:1]
    rows: QuerySet[Any] = visible_issues(user).open().defer("impact").annotate(newest_post_at=Subquery(newest))
    issues = [issue for issue in rows if issue.hit_customers]  # in SQL the count would be worked out twice
    worst = sorted(issues, key=lambda issue: (issue.state, -issue.hit_customers, issue.microsoft_id))[:ISSUES_SHOWN]
    unknown = unknown_hits(user, issues=worst, now=now)
    exposures = of_visible_customers(Exposure.objects.filter(issue__in=worst), user=user)
    curves = draw_reaches(exposures, now=now)
    shown = [
        OpenIssue(
            issue=issue,
            hit_customers=issue.hit_customers,
            unknown=unknown.get(issue.pk, 0),
            newest_post_at=issue.newest_post_at,
            curve=curves.get(issue.pk),
        )
        for issue in worst
    ]
    return shown, len(issues)


def customers_with_problems(user: User, *, now: datetime) -> list[CustomerTrouble]:
    """The worst customers that can be read, each with the services that are not healthy."""
    customers: QuerySet[Any] = with_health_at(visible_customers(user).current(), now=now)
    # Where the reading counts, the stored state is the state now: it comes from an index.
    readable = customers.filter(health__lt=State.UNKNOWN, health_now__lt=State.UNKNOWN)
    order = ("health", "-open_incidents", "-open_advisories", Upper("name"), "id")
    worst = list(readable.order_by(*order)[:CUSTOMERS_SHOWN])
    states: dict[int, list[ServiceState]] = {customer.pk: [] for customer in worst}
    troubled = of_visible_customers(ServiceState.objects.filter(customer__in=worst, state__lt=State.UNKNOWN), user=user)
    for row in troubled.select_related("service").order_by("state", "service__name"):
        states[row.customer_id].append(row)
    return [CustomerTrouble(customer=customer, services=tuple(states[customer.pk])) for customer in worst]


def services_with_problems(user: User, *, now: datetime) -> list[ServiceTrouble]:
    """The services with most troubled customers, of those customers that can be read."""
    rows = (
        of_visible_customers(ServiceState.objects.filter(state__lt=State.HEALTHY, unknown_because=""), user=user)
        .exclude(customer__in=late_readings(now=now).values("customer"))
        .exclude(customer__in=visible_customers(user).gone())
        .exclude(missing_since__lte=now - DROPPED_AFTER)
        .order_by()
        .values_list("service__name", "service__cloud", "state")
        .annotate(count=Count("*"))
    )
    counts: dict[tuple[str, str], Counter[int]] = {}
    for name, cloud, state, count in rows:
        counts.setdefault((name, cloud), Counter())[state] += count
    found = [
        ServiceTrouble(
            name=name,
            cloud=CloudChoice(cloud),
            incident=count[State.INCIDENT],
            degraded=count[State.DEGRADED],
            unknown=count[State.UNKNOWN],
        )
        for (name, cloud), count in counts.items()
    ]
    return sorted(found, key=lambda row: (-row.incident, -row.degraded, -row.unknown, row.name))[:SERVICES_SHOWN]


def draw_bars(services: Sequence[ServiceTrouble]) -> list[ServiceBar]:
    """The bars of services, all to one scale."""
    longest = max((service.customers for service in services), default=1)
    bars = []
    for service in services:
        parts, x = [], 0.0
        counts = (
            (State.INCIDENT, service.incident),
            (State.DEGRADED, service.degraded),
            (State.UNKNOWN, service.unknown),
        )
        for state, count in counts:
            width = 100 * count / longest
            if count:
                parts.append(BarPart(state=state, customers=count, x=f"{x:.2f}", width=f"{width:.2f}"))
            x += width
        bars.append(ServiceBar(service=service, parts=tuple(parts)))
    return bars
