"""A made-up partner of any size, decided in memory: its customers, Microsoft's issues and whom each one hits."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from csp_portal.microsoft.sandbox.catalog import BY_NAME, SERVICES, Service
from csp_portal.microsoft.sandbox.names import CompanyName, company_names
from csp_portal.microsoft.sandbox.texts import STANDING, STORY, Plot
from customers.models import CloudChoice, Feed, State
from health.models import Issue

PLOTS = (*STORY, *STANDING)
CLOUDS = (CloudChoice.GLOBAL, CloudChoice.US_GOV)
TAGS = ("gold", "silver", "managed", "school", "north", "south", "trial", "VIP")
# Of 1,000 customers so many can't be read, and why.
TROUBLES = (
    (Feed.Problem.FORBIDDEN, 6),
    (Feed.Problem.CONSENT_MISSING, 5),
    (Feed.Problem.TENANT_NOT_FOUND, 1),
    (Feed.Problem.THROTTLED, 3),
    (Feed.Problem.UNAVAILABLE, 4),
    (Feed.Problem.NOT_READ, 3),
)
TRANSIENT = frozenset(
    {Feed.Problem.THROTTLED, Feed.Problem.UNAVAILABLE}
)  # what was read before stands until it is stale
OPEN_STATUSES = (
    (Issue.Status.DEGRADATION, "serviceDegradation"),
    (Issue.Status.INVESTIGATING, "investigating"),
    (Issue.Status.RESTORING, "restoringService"),
    (Issue.Status.EXTENDED_RECOVERY, "extendedRecovery"),
    (Issue.Status.VERIFYING, "verifyingService"),
)
RESOLVED_STATUSES = (
    (Issue.Status.RESTORED, "serviceRestored"),
    (Issue.Status.REVIEW_PUBLISHED, "postIncidentReviewPublished"),
    (Issue.Status.FALSE_POSITIVE, "falsePositive"),
)
HEALTHY = (State.HEALTHY, Issue.Status.OPERATIONAL, "serviceOperational")
HISTORY = timedelta(days=90)
IDS_PER_SEED = 10_000  # so that two seeds in one database name different issues


@dataclass(kw_only=True, slots=True)
class SeedCustomer:
    """One tenant; `hits` holds the open issue that decides the state of a service."""

    tenant_id: uuid.UUID
    cloud: CloudChoice
    company: CompanyName
    tags: tuple[str, ...]
    problem: Feed.Problem | None
    read_at: datetime | None
    problem_since: datetime | None
    hits: dict[str, "SeedIssue"] = field(default_factory=dict)
    open_incidents: int = 0
    open_advisories: int = 0
    pk: int = 0

    @property
    def is_lost(self) -> bool:
        """Nothing that was read of it counts any more."""
        return self.problem is not None and self.problem not in TRANSIENT

    @property
    def health(self) -> State:
        if self.is_lost:
            return State.UNKNOWN
        return min((issue.state for issue in self.hits.values()), default=State.HEALTHY)


@dataclass(kw_only=True, slots=True)
class SeedIssue:
    """One issue and the numbers of the customers it hits, each with when it was first seen there."""

    cloud: CloudChoice
    microsoft_id: str
    plot: Plot
    service: Service
    started_at: datetime
    ended_at: datetime | None
    status: tuple[Issue.Status, str]
    state: State
    customers: list[tuple[int, datetime]]
    pk: int = 0

    @property
    def is_incident(self) -> bool:
        return self.plot.classification == "incident"

    def cleared_at(self) -> datetime | None:
        return self.ended_at and self.ended_at + timedelta(minutes=20)


@dataclass(frozen=True, kw_only=True, slots=True)
class SeedWorld:
    customers: list[SeedCustomer]
    issues: list[SeedIssue]


def make_world(*, customers: int, issues: int, now: datetime, seed: int) -> SeedWorld:
    """Decide everything; the same seed gives the same world."""
    rng = random.Random(f"seed:{seed}")  # noqa: S311 - made-up data, not a secret
    companies = company_names(customers, seed=seed)
    tenants = [_make_customer(company, number=n, now=now, rng=rng) for n, company in enumerate(companies)]
    numbers = {cloud: [n for n, tenant in enumerate(tenants) if tenant.cloud == cloud] for cloud in CLOUDS}
    made = [_make_issue(number, seed=seed, numbers=numbers, now=now, rng=rng) for number in range(issues)]
    for issue in made:
        if issue.ended_at is None:
            _hit(issue, tenants)
    return SeedWorld(customers=tenants, issues=made)


def _make_customer(company: CompanyName, *, number: int, now: datetime, rng: random.Random) -> SeedCustomer:
    problem = _draw_problem(rng)
    read_at: datetime | None = now - timedelta(seconds=rng.uniform(0, 900))
    since = None
    if problem is not None:
        since = now - timedelta(hours=rng.uniform(1, 200))
        read_at = None if problem == Feed.Problem.NOT_READ else since - timedelta(minutes=15)
    return SeedCustomer(
        tenant_id=uuid.UUID(int=rng.getrandbits(128), version=4),
        cloud=CloudChoice.US_GOV if number % 25 == 24 else CloudChoice.GLOBAL,
        company=company,
        tags=tuple(sorted(rng.sample(TAGS, rng.choice((0, 1, 1, 2))))),
        problem=problem,
        read_at=read_at,
        problem_since=since,
    )


def _draw_problem(rng: random.Random) -> Feed.Problem | None:
    drawn = rng.randrange(1000)
    for problem, share in TROUBLES:
        if drawn < share:
            return problem
        drawn -= share
    return None


def _make_issue(
    number: int, *, seed: int, numbers: dict[CloudChoice, list[int]], now: datetime, rng: random.Random
) -> SeedIssue:
    """Every tenth issue is open; the others ended at some time of the last 90 days."""
    plot = PLOTS[number % len(PLOTS)]
    cloud = CloudChoice.US_GOV if number % 12 == 11 else CloudChoice.GLOBAL
    is_open = number % 10 == 0
    started = now - (timedelta(hours=rng.uniform(0.5, 60)) if is_open else rng.uniform(0.04, 1) * HISTORY)
    ended = None if is_open else min(started + timedelta(hours=rng.uniform(1, 70)), now - timedelta(minutes=30))
    status = rng.choice(OPEN_STATUSES if is_open else RESOLVED_STATUSES)
    state = State.HEALTHY if ended else State.INCIDENT if plot.classification == "incident" else State.DEGRADED
    if is_open and number % 100 == 50:  # a status that no list of Microsoft's has
        status, state = (Issue.Status.OTHER, "gradualRecovery"), State.UNKNOWN
    service = BY_NAME[plot.service]
    share = rng.uniform(0.002, 0.02) if plot.classification == "incident" else rng.uniform(0.005, 0.025)
    everyone = numbers[cloud]
    hit = rng.sample(everyone, min(len(everyone), max(1, round(len(everyone) * (share if is_open else share * 4)))))
    return SeedIssue(
        cloud=cloud,
        microsoft_id=f"{service.prefix}{1_000_000 + seed * IDS_PER_SEED + number}",
        plot=plot,
        service=service,
        started_at=started,
        ended_at=ended,
        status=status,
        state=state,
        customers=[(n, started + timedelta(minutes=rng.uniform(1, 25))) for n in sorted(hit)],
    )


def _hit(issue: SeedIssue, tenants: list[SeedCustomer]) -> None:
    """Let an open issue count at its customers; the worst one decides the state of the service."""
    for number, _seen_at in issue.customers:
        tenant = tenants[number]
        if tenant.problem == Feed.Problem.NOT_READ:
            continue
        before = tenant.hits.get(issue.service.id)
        if before is None or issue.state < before.state:
            tenant.hits[issue.service.id] = issue
        tenant.open_incidents += issue.is_incident
        tenant.open_advisories += not issue.is_incident


def services_of(tenant: SeedCustomer) -> Iterator[tuple[Service, State, Issue.Status, str, SeedIssue | None]]:
    """Every service of a tenant that was read, with the state that the last reading left."""
    for service in () if tenant.read_at is None else SERVICES:
        issue = tenant.hits.get(service.id)
        if tenant.is_lost:
            yield service, State.UNKNOWN, Issue.Status.OTHER, "", issue
        elif issue is None:
            yield service, *HEALTHY, None
        else:
            yield service, issue.state, *issue.status, issue
