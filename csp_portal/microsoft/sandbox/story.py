"""The story of the sandbox: incidents that begin, spread, are reported on and end, all by the clock."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from csp_portal.microsoft.sandbox.catalog import BY_NAME
from csp_portal.microsoft.sandbox.issues import SETTLES_AFTER, Moment, SandboxIssue, never
from csp_portal.microsoft.sandbox.posts import closing, opening, update
from csp_portal.microsoft.sandbox.tenants import seeded
from csp_portal.microsoft.sandbox.texts import STORY, Plot

CHAPTERS_SHOWN = 6  # so many incidents of the story stay in Microsoft's lists


@dataclass(frozen=True, kw_only=True, slots=True)
class Tempo:
    """How fast the story goes, in seconds, and how far an incident spreads (a share of the tenants)."""

    first_after: float = 12.0
    spread_every: float = 30.0
    post_every: float = 45.0
    restored_after: float = 360.0
    pause: float = 45.0
    first_share: float = 0.05
    last_share: float = 0.42

    @property
    def chapter(self) -> float:
        return self.restored_after + self.pause


@dataclass(kw_only=True)
class Story:
    """Everything about chapter n follows from the seed and the moment it begins: no timer, no thread."""

    seed: int
    tenants: int  # customers that can be hit
    slots: int  # tenants altogether, the partner included
    began: float
    tempo: Tempo
    clock: Callable[[], datetime]
    _chapters: dict[int, SandboxIssue] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def issues_at(self, now: float) -> list[SandboxIssue]:
        """The incidents told so far that Microsoft still lists."""
        last = int((now - self.began - self.tempo.first_after) // self.tempo.chapter)
        numbers = range(max(0, last - CHAPTERS_SHOWN + 1), last + 1)
        with self._lock:
            for number in numbers:
                if number not in self._chapters:
                    self._chapters[number] = self._tell(number)
            for gone in [number for number in self._chapters if number < numbers.start]:
                del self._chapters[gone]
            return [self._chapters[number] for number in numbers]

    def find(self, issue_id: str, *, now: float) -> SandboxIssue | None:
        return next((issue for issue in self.issues_at(now) if issue.id == issue_id), None)

    def _tell(self, number: int) -> SandboxIssue:
        start = self.began + self.tempo.first_after + number * self.tempo.chapter
        plot = STORY[(int(start // self.tempo.chapter) + self.seed) % len(STORY)]
        service = BY_NAME[plot.service]
        rng = seeded(self.seed, "chapter", int(start))
        reach = never(self.slots)
        order = rng.sample(range(self.tenants), self.tenants)
        for index, at in zip(order, self._arrivals(start), strict=False):
            reach[index] = at
        return SandboxIssue(
            id=f"{service.prefix}{rng.randrange(1_200_000, 1_999_999)}",
            service=service,
            title=plot.title,
            impact=plot.impact,
            classification=plot.classification,
            status="investigating",
            feature=plot.feature,
            feature_group=plot.group,
            started_at=start,
            reach=reach,
            clock=self.clock,
            details=(("NotifyInApp", "True"),),
            moments=tuple(self._moments(plot, start=start)),
        )

    def _arrivals(self, start: float) -> list[float]:
        """When each further tenant is hit: waves that grow evenly from the first share to the last."""
        tempo = self.tempo
        waves = max(1, int(tempo.restored_after * 0.7 // tempo.spread_every))
        arrivals: list[float] = []
        for wave in range(waves):
            share = tempo.first_share + (tempo.last_share - tempo.first_share) * wave / max(1, waves - 1)
            due = min(self.tenants, max(wave + 1, round(self.tenants * share)))
            arrivals += [start + wave * tempo.spread_every] * (due - len(arrivals))
        return arrivals

    def _moments(self, plot: Plot, *, start: float) -> list[Moment]:
        tempo, end = self.tempo, start + self.tempo.restored_after
        moments = [Moment(at=start, post=opening(plot, at=start), post_type="quick")]
        count = max(0, int((tempo.restored_after - 1) // tempo.post_every))
        for number in range(count):
            at = start + tempo.post_every * (number + 1)
            text = update(plot, number=number, next_at=min(end, at + tempo.post_every))
            moments.append(Moment(at=at, post=text, status=_stage(plot, part=number / max(1, count))))
        last = closing(plot, began=start, ended=end)
        moments.append(Moment(at=end, post=last, status="serviceRestored", closes=True))
        settled = end + min(SETTLES_AFTER, tempo.restored_after)
        moments.append(Moment(at=settled, settles=True))
        if plot.classification == "incident":
            moments.append(Moment(at=settled + tempo.pause, status="postIncidentReviewPublished"))
        return moments


def _stage(plot: Plot, *, part: float) -> str:
    """The status of an incident that has lived through this part of its updates."""
    if part < 0.5:
        return plot.status
    return "restoringService" if part < 0.8 else "verifyingService"
