"""How a service was over a time: spans of one state, and what they add up to; no database, no clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor

from customers.models import State

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """From `began` up to, and without, `ended`."""

    state: State
    began: datetime
    ended: datetime

    @property
    def length(self) -> timedelta:
        return self.ended - self.began


@dataclass(frozen=True, kw_only=True, slots=True)
class Sum:
    """What spans add up to. Unknown time counts neither as up nor as down."""

    incident: timedelta
    degraded: timedelta
    unknown: timedelta
    healthy: timedelta

    @property
    def known(self) -> timedelta:
        return self.incident + self.degraded + self.healthy

    @property
    def availability(self) -> float | None:
        """Percent of the known time without an incident, rounded down: 100 means not a moment of one.

        None where nothing is known.
        """
        return floor(10_000 * (1 - self.incident / self.known)) / 100 if self.known else None

    @property
    def incident_minutes(self) -> int:
        return int(self.incident.total_seconds() // 60)

    @property
    def unknown_percent(self) -> float:
        """Rounded down too: 100 means that nothing at all is known."""
        whole = self.known + self.unknown
        return floor(1000 * (self.unknown / whole)) / 10 if whole else 0.0


def spans_between(
    changes: Iterable[tuple[datetime, State]],
    *,
    gaps: Sequence[tuple[datetime, datetime]],
    start: datetime,
    end: datetime,
) -> list[Span]:
    """The spans from `start` to `end` without a hole; `changes` are (moment, state from then on) in order.

    Before the first change nothing was known, and in a gap nothing was either, whatever the last state had been.
    """
    spans: list[Span] = []
    state, since = State.UNKNOWN, start
    for at, after in changes:
        if at >= end:
            break
        if at > since:
            spans.append(Span(state=state, began=since, ended=at))
            since = at
        state = after
    if since < end:
        spans.append(Span(state=state, began=since, ended=end))
    return _joined(_without_gaps(spans, gaps))


def _without_gaps(spans: Iterable[Span], gaps: Sequence[tuple[datetime, datetime]]) -> Iterable[Span]:
    for span in spans:
        at = span.began
        for gap_began, gap_ended in sorted(gaps):
            began, ended = max(gap_began, at), min(gap_ended, span.ended)
            if began >= ended:
                continue
            if began > at:
                yield Span(state=span.state, began=at, ended=began)
            yield Span(state=State.UNKNOWN, began=began, ended=ended)
            at = ended
        if at < span.ended:
            yield Span(state=span.state, began=at, ended=span.ended)


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].state == span.state:
            joined[-1] = Span(state=span.state, began=joined[-1].began, ended=span.ended)
        else:
            joined.append(span)
    return joined


def sum_of(spans: Iterable[Span]) -> Sum:
    lengths = dict.fromkeys(State, timedelta())
    for span in spans:
        lengths[span.state] += span.length
    return Sum(
        incident=lengths[State.INCIDENT],
        degraded=lengths[State.DEGRADED],
        unknown=lengths[State.UNKNOWN],
        healthy=lengths[State.HEALTHY],
    )


def cut(spans: Iterable[Span], *, start: datetime, end: datetime) -> list[Span]:
    """The parts of the spans that lie between."""
    return [
        Span(state=span.state, began=max(span.began, start), ended=min(span.ended, end))
        for span in spans
        if span.began < end and span.ended > start
    ]
