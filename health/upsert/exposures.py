"""Which issue hits which customer: opened, reopened and cleared as each customer's own answer says."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import Q

from health.models import Exposure, Issue
from health.reading import Changed
from health.upsert.issues import IssueKey, StoredIssues

_CLEAR = """
    UPDATE health_exposure exposure SET cleared_at = %s, last_seen_at = GREATEST(exposure.last_seen_at, gone.seen_at)
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS gone(id, seen_at) WHERE exposure.id = gone.id
"""
_COUNT = """
    UPDATE health_issue issue SET exposed_customers = GREATEST(0, issue.exposed_customers + more.customers)
    FROM unnest(%s::bigint[], %s::int[]) AS more(id, customers) WHERE issue.id = more.id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenIssues:
    incidents: int = 0
    advisories: int = 0


@dataclass(kw_only=True, slots=True)
class _Plan:
    """What a batch changes."""

    now: datetime
    written: list[Exposure] = field(default_factory=list)
    cleared: list[tuple[int, datetime]] = field(default_factory=list)
    more_customers: Counter[int] = field(default_factory=Counter)
    opened: Counter[int] = field(default_factory=Counter)
    open_issues: dict[int, OpenIssues] = field(default_factory=dict)

    def add(self, *, issue_id: int, customer_id: int, is_open: bool) -> None:
        """An exposure that is new, or open again; one first seen when it is over goes straight into history."""
        self.written.append(
            Exposure(
                issue_id=issue_id,
                customer_id=customer_id,
                first_seen_at=self.now,
                last_seen_at=self.now,
                cleared_at=None if is_open else self.now,
            )
        )
        self.more_customers[issue_id] += is_open
        self.opened[issue_id] += is_open

    def clear(self, exposure: Exposure, *, seen_at: datetime) -> None:
        self.cleared.append((exposure.pk, seen_at))
        self.more_customers[exposure.issue_id] -= 1


def write_exposures(readings: Sequence[Changed], *, issues: StoredIssues, now: datetime) -> dict[int, OpenIssues]:
    """Bring the customers' exposures up to their answers; returns what is open at each customer from now on.

    What that means for the issues is added to `issues.news`.
    """
    stored = _load(readings, issues=issues)
    plan = _Plan(now=now)
    for reading in readings:
        _compare(reading, stored=stored[reading.feed.customer_id], ids=issues.ids, plan=plan)
    if plan.written:
        plan.written.sort(key=lambda row: (row.issue_id, row.customer_id))
        Exposure.objects.bulk_create(
            plan.written,
            update_conflicts=True,
            unique_fields=["issue", "customer"],
            update_fields=["last_seen_at", "cleared_at"],
        )
    with connection.cursor() as cursor:
        if plan.cleared:
            cursor.execute(_CLEAR, [now, *map(list, zip(*plan.cleared, strict=True))])
        if counts := sorted((issue, more) for issue, more in plan.more_customers.items() if more):
            cursor.execute(_COUNT, list(map(list, zip(*counts, strict=True))))
    issues.news.opened = +plan.opened
    issues.news.customers = {issue: more for issue, more in plan.more_customers.items() if more}
    return plan.open_issues


def _load(readings: Sequence[Changed], *, issues: StoredIssues) -> defaultdict[int, dict[int, Exposure]]:
    """The exposures that the answers may touch, by customer and issue: open ones, and those of issues they list."""
    rows = (
        Exposure.objects.filter(customer__in=[reading.feed.customer_id for reading in readings])
        .filter(Q(cleared_at__isnull=True) | Q(issue__in=issues.ids.values()))
        .select_related("issue")
        .only("customer_id", "first_seen_at", "cleared_at", "issue__service_name", "issue__classification")
    )
    found: defaultdict[int, dict[int, Exposure]] = defaultdict(dict)
    for row in rows:
        found[row.customer_id][row.issue_id] = row
    return found


def _compare(reading: Changed, *, stored: dict[int, Exposure], ids: dict[IssueKey, int], plan: _Plan) -> None:
    customer = reading.feed.customer
    listed = {ids[customer.cloud, microsoft_id]: facts for microsoft_id, facts in reading.facts.issues.items()}
    open_here: list[str] = []
    for issue_id, facts in listed.items():
        exposure = stored.get(issue_id)
        if exposure is None or (exposure.cleared_at is not None and not facts.is_resolved):
            plan.add(issue_id=issue_id, customer_id=customer.pk, is_open=not facts.is_resolved)
        elif exposure.cleared_at is None and facts.is_resolved:
            plan.clear(exposure, seen_at=plan.now)
        if not facts.is_resolved:
            open_here.append(facts.classification)
    answered = {service.name for service in reading.facts.services}
    for issue_id, exposure in stored.items():
        if exposure.cleared_at is not None or issue_id in listed:
            continue
        if exposure.issue.service_name in answered:
            plan.clear(exposure, seen_at=reading.feed.read_at or exposure.first_seen_at)
        else:  # the answer says nothing of this service, so it does not say that the issue is over
            open_here.append(exposure.issue.classification)
    incidents = open_here.count(Issue.Classification.INCIDENT)
    plan.open_issues[customer.pk] = OpenIssues(incidents=incidents, advisories=len(open_here) - incidents)
