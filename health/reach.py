"""How far an issue reaches: how many customers it hits, what is new, and how that went over time."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMinute

WIDTH, HEIGHT = 240, 48
_TURNS = (("first_seen_at", 1), ("cleared_at", -1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """Customers hit over time as the points of an SVG polyline in a box of WIDTH × HEIGHT."""

    points: str
    most: int
    began_at: datetime
    width: int = WIDTH
    height: int = HEIGHT


def count_reach(exposures: QuerySet[Any], *, told_at: datetime | None, now: datetime) -> dict[str, int]:
    """Of the visible exposures of one issue; `since_update` are those hit since Microsoft's last post."""
    is_open = Q(cleared_at__isnull=True, customer__gone_at__isnull=True)
    counts: dict[str, int] = exposures.order_by().aggregate(
        all=Count("id"),
        hit=Count("id", filter=is_open),
        unknown=Count("id", filter=is_open & Q(is_unknown=True)),
        cleared=Count("id", filter=Q(cleared_at__isnull=False)),
        new=Count("id", filter=is_open & Q(first_seen_at__gte=now - timedelta(hours=1))),
        since_update=Count("id", filter=Q(first_seen_at__gt=told_at or now)),
    )
    return counts


def draw_reach(exposures: QuerySet[Any], *, now: datetime) -> Curve | None:
    """From the first customer hit to now, or to the last one cleared; None where nothing is to be seen."""
    return next(iter(draw_reaches(exposures, now=now).values()), None)


def draw_reaches(exposures: QuerySet[Any], *, now: datetime) -> dict[int, Curve]:
    """The same for each issue of these visible exposures, by the issue's key, in one statement."""
    steps: defaultdict[int, Counter[datetime]] = defaultdict(Counter)
    came, cleared = (_by_minute(exposures, column=column, sign=sign) for column, sign in _TURNS)
    for issue_id, minute, count in came.union(cleared, all=True):
        steps[issue_id][minute] += count
    return {issue_id: _whole_curve(turns, now=now) for issue_id, turns in steps.items()}


def _by_minute(exposures: QuerySet[Any], *, column: str, sign: int) -> QuerySet[Any]:
    """Not coarser: who came and was cleared within one step would never have been hit."""
    rows = exposures.select_related(None).order_by().filter(**{f"{column}__isnull": False})
    minutes = rows.annotate(minute=TruncMinute(column)).values_list("issue", "minute")
    counted: QuerySet[Any] = minutes.annotate(count=Count("id") * sign)
    return counted


def _whole_curve(steps: Counter[datetime], *, now: datetime) -> Curve:
    began = min(steps)
    ended = now if steps.total() > 0 else max(steps)  # as many came as were cleared: it is over
    return _curve(steps, began=began, ended=max(ended, began + timedelta(minutes=1)))


def _curve(steps: Counter[datetime], *, began: datetime, ended: datetime) -> Curve:
    """A step wherever something changed; of what falls on one column of the box, how it began, its height, its end."""
    columns: dict[int, tuple[int, int, int]] = {}
    level = 0
    for minute in sorted(steps):
        x = round(WIDTH * ((minute - began) / (ended - began)))
        before, high, _after = columns.get(x, (level, level, level))
        level += steps[minute]
        columns[x] = (before, max(high, level), level)
    most = max(high for _, high, _ in columns.values())
    points = [(x, count) for x, counts in columns.items() for count in counts]
    text = " ".join(f"{x},{HEIGHT - HEIGHT * count / max(most, 1):.1f}" for x, count in [*points, (WIDTH, level)])
    return Curve(points=text, most=most, began_at=began)
