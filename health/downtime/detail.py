"""One downtime: every interval of trouble in the month, and the issues that hit the customer in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from csp_portal.accounts.models import User
from customers.models import State
from health.downtime.queries import exposures_behind
from health.downtime.reckon import next_month, start_of
from health.history import gaps_of
from health.models import Issue, StateChange
from health.timeline import Span, spans_between


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A span of trouble or of not knowing, and the issues that were open at the customer in it."""

    span: Span
    issues: list[Issue]

    @property
    def minutes(self) -> int:
        return int(self.span.length.total_seconds() // 60)


def read_intervals(user: User, downtime: Any, *, read_at: datetime | None, reckoned_at: datetime) -> list[Interval]:
    """In order, as far as the month was reckoned; three statements. `read_at` is when the customer was last read."""
    start = start_of(downtime.month)
    end = min(start_of(next_month(downtime.month)), reckoned_at)
    rows = StateChange.objects.filter(customer=downtime.customer, service=downtime.service, at__lt=end)
    changes = [(at, State(after)) for at, after in rows.order_by("at", "id").values_list("at", "after")]
    gaps = gaps_of(downtime.customer, start=start, read_at=read_at, now=reckoned_at)
    exposures = list(exposures_behind(user, [downtime]))
    return [
        Interval(
            span=span,
            issues=[
                one.issue
                for one in exposures
                if span.state < State.UNKNOWN
                and one.first_seen_at < span.ended
                and (one.cleared_at is None or one.cleared_at > span.began)
            ],
        )
        for span in spans_between(changes, gaps=gaps, start=start, end=end)
        if span.state != State.HEALTHY
    ]
