"""How far an issue reaches: how many customers it hits, what is new, and how that went over time."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncHour

WIDTH, HEIGHT = 240, 48


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
    """By the hour, from the first customer hit to now or to the last one cleared; None where nothing is to be seen."""
    steps = Counter[datetime]()
    for column, sign in (("first_seen_at", 1), ("cleared_at", -1)):
        rows = exposures.order_by().filter(**{f"{column}__isnull": False}).annotate(hour=TruncHour(column))
        for hour, count in rows.values_list("hour").annotate(count=Count("id")):
            steps[hour] += sign * count
    if not steps:
        return None
    began = min(steps)
    ended = now if steps.total() > 0 else max(steps)  # as many came as were cleared: it is over
    return _curve(steps, began=began, ended=max(ended, began + timedelta(hours=1)))


def _curve(steps: Counter[datetime], *, began: datetime, ended: datetime) -> Curve:
    """A step at each hour in which something changed."""
    span = (ended - began) / timedelta(hours=1)
    levels, level = [], 0
    for hour in sorted(steps):
        levels.append((hour, level, level + steps[hour]))
        level += steps[hour]
    most = max(after for _, _, after in levels)
    points = [(0.0, 0)]
    for hour, before, after in levels:
        x = WIDTH * ((hour - began) / timedelta(hours=1)) / span
        points += [(x, before), (x, after)]
    points.append((float(WIDTH), level))
    top = max(most, 1)
    text = " ".join(f"{x:.1f},{HEIGHT - HEIGHT * count / top:.1f}" for x, count in points)
    return Curve(points=text, most=most, began_at=began)
