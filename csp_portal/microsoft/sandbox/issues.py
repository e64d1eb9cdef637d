"""An issue of the sandbox: whom it has reached, what was posted, and its JSON at any moment of its life."""

import math
import random
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from csp_portal.microsoft.sandbox.catalog import Service
from csp_portal.microsoft.sandbox.tenants import Tenant

SETTLES_AFTER = 1800.0  # a service shows serviceRestored for half an hour before it is simply operational again
LISTINGS_KEPT = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """Something that happens to an issue at `at` (unix seconds)."""

    at: float
    post: str = ""
    post_type: str = "regular"
    status: str = ""
    classification: str = ""
    closes: bool = False
    reopens: bool = False
    settles: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueState:
    """An issue as it stands at one version."""

    status: str
    classification: str
    is_resolved: bool
    is_settled: bool
    changed_at: float
    ended_at: float | None
    posts: tuple[Moment, ...]


class Listing(NamedTuple):
    """An issue as a tenant's health lists it; `shown` is what it makes of its service's status ("" is nothing)."""

    json: bytes
    shown: str


def stamp(at: float) -> str:
    """A moment as Graph writes it; fractions are cut to two digits as in the samples."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-4] + "Z"


@dataclass(kw_only=True, slots=True)
class SandboxIssue:
    """`reach[i]` is when tenant i was hit (infinity: never); `moments` that lie in the future wait for the clock.

    `late` says until when a tenant still lists it as it stood before it was closed.
    """

    id: str
    service: Service
    title: str
    impact: str
    classification: str
    status: str
    feature: str
    feature_group: str
    started_at: float
    reach: "array[float]"
    clock: Callable[[], datetime]
    origin: str = "microsoft"
    details: tuple[tuple[str, str], ...] = ()
    moments: tuple[Moment, ...] = ()
    vanished_at: float = math.inf
    late: dict[int, float] = field(default_factory=dict)
    listings: dict[int, Listing] = field(default_factory=dict)
    report: bytes = b""  # instead of the document that the sandbox writes by itself

    # --- what a test or the story does to it ---

    def post(self, html: str, *, status: str = "") -> None:
        """Publish an update now, optionally with a new status of the issue."""
        self._add(Moment(at=self._now(), post=html, status=status))

    def restore(self, html: str = "") -> None:
        """Close the issue now."""
        now = self._now()
        text = (
            html or f"{sentence_about('Final status', self.title)}<br/><br/>We've confirmed that service is restored."
        )
        self._add(
            Moment(at=now, post=text, status="serviceRestored", closes=True),
            Moment(at=now + SETTLES_AFTER, settles=True),
        )

    def publish_review(self) -> None:
        """The post-incident review is there from now on."""
        self._add(Moment(at=self._now(), status="postIncidentReviewPublished"))

    def spread(self, tenants: Iterable[Tenant | int]) -> None:
        """Reach more tenants now, given themselves or by their index."""
        now = self._now()
        for tenant in tenants:
            index = tenant.index if isinstance(tenant, Tenant) else tenant
            self.reach[index] = min(self.reach[index], now)

    def vanish(self) -> None:
        """Leave Microsoft's lists now, as issues do some weeks after their end."""
        self.vanished_at = self._now()

    def _now(self) -> float:
        return self.clock().timestamp()

    def _add(self, *moments: Moment) -> None:
        self.listings = {}
        self.moments = tuple(sorted((*self.moments, *moments), key=lambda moment: moment.at))

    # --- what the endpoints read ---

    def is_at(self, index: int, *, now: float) -> bool:
        return self.reach[index] <= now < self.vanished_at

    def version_at(self, now: float) -> int:
        """How many of its moments have passed: the same number means the same JSON."""
        return bisect_right(self.moments, now, key=lambda moment: moment.at)

    def version_for(self, index: int, *, now: float) -> int:
        """The version that this tenant is shown."""
        version = self.version_at(now)
        if now >= self.late.get(index, -math.inf):
            return version
        return next((place for place, moment in enumerate(self.moments[:version]) if moment.closes), version)

    def state(self, version: int) -> IssueState:
        passed = self.moments[:version]
        said = [moment.status for moment in passed if moment.status]
        classes = [moment.classification for moment in passed if moment.classification]
        ends = [None if moment.reopens else moment.at for moment in passed if moment.closes or moment.reopens]
        calm = [moment.settles for moment in passed if moment.settles or moment.reopens]
        news = [moment.at for moment in passed if not moment.settles]
        return IssueState(
            status=said[-1] if said else self.status,
            classification=classes[-1] if classes else self.classification,
            is_resolved=bool(ends) and ends[-1] is not None,
            is_settled=bool(calm) and calm[-1],
            changed_at=max([self.started_at, *news]),
            ended_at=ends[-1] if ends else None,
            posts=tuple(moment for moment in passed if moment.post),
        )

    def as_json(self, version: int) -> dict[str, object]:
        """The serviceHealthIssue, with the keys of Microsoft's sample."""
        state = self.state(version)
        return {
            "startDateTime": stamp(self.started_at),
            "endDateTime": stamp(state.ended_at) if state.ended_at else None,
            "lastModifiedDateTime": stamp(state.changed_at),
            "title": self.title,
            "id": self.id,
            "impactDescription": self.impact,
            "classification": state.classification,
            "origin": self.origin,
            "status": state.status,
            "service": self.service.name,
            "feature": self.feature,
            "featureGroup": self.feature_group,
            "isResolved": state.is_resolved,
            "details": [{"name": name, "value": value} for name, value in self.details],
            "posts": [
                {
                    "createdDateTime": stamp(post.at),
                    "postType": post.post_type,
                    "description": {"contentType": "html", "content": post.post},
                }
                for post in state.posts
            ],
        }

    def listing(self, version: int) -> Listing:
        """Its JSON bytes, made once per version and shared by all tenants."""
        found = self.listings.get(version)
        if found is None:
            state = self.state(version)
            while len(self.listings) >= LISTINGS_KEPT:
                self.listings.pop(next(iter(self.listings)), None)
            found = Listing(json=orjson.dumps(self.as_json(version)), shown="" if state.is_settled else state.status)
            self.listings[version] = found
        return found


def sentence_about(heading: str, text: str) -> str:
    return f"<b>{heading}:</b> {text}"


def never(count: int) -> "array[float]":
    """A reach that holds no tenant yet."""
    return array("d", [math.inf]) * count


def sample(count: int, *, fraction: float, rng: random.Random) -> list[int]:
    """Indices of a share of the tenants, at least one where there are tenants at all."""
    if not count:
        return []
    return rng.sample(range(count), max(1, min(count, round(count * fraction))))
