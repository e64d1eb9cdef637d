"""What we can do for customers and will lose within two years, week by week, and when to ask for it anew."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Aggregate, BooleanField, Count, DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import TruncWeek
from django.utils import timezone

from customers.gdap.endings import EXTENDS_ITSELF, HAS_GLOBAL_ADMINISTRATOR, lapsing, with_end
from customers.models import Relationship

WEEKS = 105  # the week that runs, and 24 months
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
ENOUGH = 5  # answers of customers, for a median that says something
CLUSTER_LEAST = 3  # customers
CLUSTER_SHARE = 10  # percent of all that lose something


class Median(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Acceptance:
    """How long customers took from our invitation to their answer; no median where too few ever answered."""

    answers: int = 0
    median: timedelta | None = None

    @property
    def days(self) -> int | None:
        """Begun days."""
        return None if self.median is None else -(-self.median // DAY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """Customers whose access ends in the week from Monday on: for good, barred from extension, or extended by itself.

    `lapses` counts invitations. `begins_on` of the week that runs is its Monday too.
    """

    begins_on: date
    ends: int = 0
    barred: int = 0
    extends: int = 0
    lapses: int = 0
    start_by: date | None = None

    @property
    def lost(self) -> int:
        return self.ends + self.barred

    @property
    def number(self) -> int:
        return self.begins_on.isocalendar().week

    @property
    def last_day(self) -> date:
        return self.begins_on + timedelta(days=6)

    @property
    def next_week(self) -> date:
        return self.begins_on + WEEK

    @property
    def is_empty(self) -> bool:
        return not (self.lost or self.extends or self.lapses)


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """All weeks in order; `clusters` are those that hold a tenth or more of everybody who loses something."""

    weeks: Sequence[Week]
    acceptance: Acceptance
    today: date
    clusters: Sequence[Week] = field(default=())

    @property
    def told(self) -> list[Week]:
        return [week for week in self.weeks if not week.is_empty]

    @property
    def ends(self) -> int:
        return sum(week.ends for week in self.weeks)

    @property
    def barred(self) -> int:
        return sum(week.barred for week in self.weeks)

    @property
    def extends(self) -> int:
        return sum(week.extends for week in self.weeks)

    @property
    def lapses(self) -> int:
        return sum(week.lapses for week in self.weeks)


def first_week(now: datetime) -> datetime:
    """Monday's midnight of the week that runs, in the reader's time zone."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday())


def reckon_forecast(rows: QuerySet[Relationship], *, now: datetime) -> Forecast:
    """Of these relationships; three statements."""
    acceptance = acceptance_of(rows)
    counts = _counts(rows, now=now)
    start = first_week(now).date()
    weeks = [_week(start + WEEK * n, counts, acceptance=acceptance) for n in range(WEEKS)]
    all_lost = sum(week.lost for week in weeks)
    clusters = [week for week in weeks if week.lost >= max(CLUSTER_LEAST, all_lost * CLUSTER_SHARE / 100)]
    return Forecast(weeks=weeks, acceptance=acceptance, clusters=clusters, today=timezone.localtime(now).date())


def acceptance_of(rows: QuerySet[Relationship]) -> Acceptance:
    """From the creation of a relationship to its activation, over all that were ever accepted."""
    took = ExpressionWrapper(F("activated_at") - F("created_at"), output_field=DurationField())
    accepted = rows.filter(activated_at__gte=F("created_at")).order_by()
    found = accepted.aggregate(answers=Count("pk"), median=Median(took, output_field=DurationField()))
    median = found["median"] if found["answers"] >= ENOUGH else None
    return Acceptance(answers=found["answers"], median=median)


def _week(begins_on: date, counts: dict[date, dict[str, int]], *, acceptance: Acceptance) -> Week:
    told = counts.get(begins_on, {})
    is_lost = told.get("ends") or told.get("barred")
    start_by = begins_on - timedelta(days=acceptance.days) if is_lost and acceptance.days is not None else None
    return Week(begins_on=begins_on, start_by=start_by, **told)


def _counts(rows: QuerySet[Relationship], *, now: datetime) -> dict[date, dict[str, int]]:
    counts: dict[date, dict[str, int]] = {}
    for begins_at, told in (*_accesses(rows, now=now), *_invitations(rows, now=now)):
        counts.setdefault(timezone.localtime(begins_at).date(), {}).update(told)
    return counts


def _accesses(rows: QuerySet[Relationship], *, now: datetime) -> Iterator[tuple[datetime, dict[str, int]]]:
    start = first_week(now)
    within = with_end(rows).filter(ends_at__gte=max(start, now), ends_at__lt=end_of(start))
    # Global Administrator first: what has it never extends by itself.
    found = _by_week(within, column="ends_at").annotate(
        barred=Count("tenant", distinct=True, filter=HAS_GLOBAL_ADMINISTRATOR),
        ends=Count("tenant", distinct=True, filter=~HAS_GLOBAL_ADMINISTRATOR & ~EXTENDS_ITSELF),
        extends=Count("tenant", distinct=True, filter=EXTENDS_ITSELF),
    )
    for week, barred, ends, extends in found.values_list("week", "barred", "ends", "extends"):
        yield week, {"barred": barred, "ends": ends, "extends": extends}


def _invitations(rows: QuerySet[Relationship], *, now: datetime) -> Iterator[tuple[datetime, dict[str, int]]]:
    start = first_week(now)
    within = lapsing(rows, after=max(start, now), before=end_of(start))
    for week, lapses in _by_week(within, column="lapses_at").annotate(n=Count("pk")).values_list("week", "n"):
        yield week, {"lapses": lapses}


def _by_week(rows: QuerySet[Any], *, column: str) -> QuerySet[Any]:
    cut = TruncWeek(column, tzinfo=timezone.get_current_timezone())
    found: QuerySet[Any] = rows.order_by().annotate(tenant=F("customer_tenant_id"), week=cut).values("week")
    return found


def end_of(start: datetime) -> datetime:
    """Midnight after the last week; clocks that were set in between don't move it."""
    zone = timezone.get_current_timezone()
    return datetime.combine(start.date() + WEEK * WEEKS, datetime.min.time(), zone)


def what_ends(rows: QuerySet[Relationship], *, now: datetime) -> QuerySet[Any]:
    """The relationships behind the forecast, with whether each `extends` by itself, the next end first."""
    start = first_week(now)
    within = with_end(rows).filter(ends_at__gte=max(start, now), ends_at__lt=end_of(start))
    told = within.select_related("customer").annotate(extends=ExpressionWrapper(EXTENDS_ITSELF, BooleanField()))
    found: QuerySet[Any] = told.order_by("ends_at", "pk")
    return found
