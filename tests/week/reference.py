"""What a portal should know after a week: reckoned anew from the stream and the moments of reading, without its code.

Nothing here imports `health` or `customers`. Words are Microsoft's and ours as people read them; moments are minutes
of the stream; tenants are their numbers.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from tests.week.reference_alerts import Alerts, Batch
from tests.week.wire import MEANING, UNKNOWN, WORST_FIRST, Listing, listing, state_of, status_of

DENIED = ("forbidden", "consent", "secret")
SILENT = ("unavailable", "broken", "reset", "cut")  # nothing usable comes back


@dataclass(kw_only=True)
class Exposed:
    first_seen: int
    last_seen: int
    cleared: int | None


@dataclass(kw_only=True)
class KnownIssue:
    listing: Listing
    first_seen: int
    changed: int


@dataclass(kw_only=True)
class KnownTenant:
    """What the portal knows of one customer."""

    has_token: bool = False
    read_at: int | None = None
    denied: str = ""
    is_lost: bool = False
    last_try: str = ""
    states: dict[str, tuple[str, str, int, str]] = field(default_factory=dict)  # service: state, raw, since, because
    exposures: dict[str, Exposed] = field(default_factory=dict)
    open: tuple[int, int] = (0, 0)  # incidents, advisories
    changes: list[tuple[int, str, str, str, str]] = field(default_factory=list)  # at, service, before, after, because
    gaps: list[tuple[int, int]] = field(default_factory=list)
    wait_until: int = -1

    def summary(self) -> tuple[str, str, int, int]:
        """Health, why it is unknown, open incidents and advisories."""
        if self.denied:
            return (UNKNOWN, self.denied, *self.open)
        worst = min((state for state, *_ in self.states.values()), key=WORST_FIRST.index, default=UNKNOWN)
        return (worst, "", *self.open)

    def minutes(self, *, start: int, end: int, week: int, stale: int) -> dict[str, tuple[float, ...]]:
        """By service the minutes in each state from `start` to `end`; `week` is when the week is over.

        Before the first reading nothing was known, and in a gap nothing was either.
        """
        unknown = set()
        last = [(self.read_at + stale, week)] if self.read_at is not None else []
        for began, ended in [*self.gaps, *last]:
            unknown |= set(range(max(began, start), min(ended, end)))
        found = {}
        for service in self.states:
            marks = sorted((at, after) for at, name, _, after, _ in self.changes if name == service)
            sums = dict.fromkeys(WORST_FIRST, 0.0)
            spans = zip([(0, UNKNOWN), *marks], [*(at for at, _ in marks), week], strict=True)
            for (began, state), ended in spans:
                since, until = max(began, start), max(start, min(ended, end))
                lost = len(unknown.intersection(range(since, until)))
                sums[state] += max(0, until - since) - lost
                sums[UNKNOWN] += lost
            found[service] = tuple(sums[state] for state in WORST_FIRST)
        return found


@dataclass(kw_only=True)
class Expected:
    issues: dict[str, KnownIssue] = field(default_factory=dict)
    posts: dict[tuple[str, str], int] = field(default_factory=dict)
    tenants: defaultdict[int, KnownTenant] = field(default_factory=lambda: defaultdict(KnownTenant))
    exposed: Counter[str] = field(default_factory=Counter)  # open exposures of each issue
    alerts: Alerts = field(default_factory=Alerts)
    too_soon: list[tuple[int, int]] = field(default_factory=list)  # read before Microsoft's time to wait was over
    refused: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))


class Reference:
    """`services` are the names of all services that every tenant has; `stale` is in minutes."""

    def __init__(self, stream: Mapping[str, Any], *, tenants: int, services: Iterable[str], stale: int) -> None:
        self.stream, self.count, self.services, self.stale = stream, tenants, tuple(services), stale
        self.ranks = {one["id"]: self._ranks(one["id"]) for one in stream["issues"]}
        self.faults = [(kind, a, b, self._first(name, share)) for name, kind, a, b, share in stream["faults"]]
        self.weather: dict[int, dict[int, tuple[str, int]]] = {}  # of the step that is looked at
        self.minute, self.shown = -1, dict[tuple[str, int], Listing]()
        self.known, self.batch = Expected(), Batch()

    def read_batch(self, tenants: Iterable[int], *, at: int) -> None:
        """The feeds of these customers are read side by side at this minute, and written together."""
        before = {issue_id: one.listing for issue_id, one in self.known.issues.items()}
        self.batch = Batch()
        for tenant in tenants:
            self._read(tenant, at=at)
        after = {issue_id: one.listing for issue_id, one in self.known.issues.items()}
        self.known.alerts.hear(self.batch, at=at)
        self.known.alerts.tell(self.batch, before=before, after=after, exposed=self.known.exposed, at=at)

    def _read(self, tenant: int, *, at: int) -> None:
        known, fault = self.known.tenants[tenant], self._fault(tenant, at=at)
        if at < known.wait_until:
            self.known.too_soon.append((tenant, at))
            return
        self._count(tenant, fault)
        if fault is None:
            known.has_token = True
            if known.is_lost or (known.read_at is None and known.last_try):
                self.batch.found.add(tenant)
            known.is_lost, known.last_try = False, "read"
            self._told(known, self._listed(tenant, at=at), at=at)
        elif fault[0] in DENIED:
            self._deny(known, kind=fault[0], at=at)
            if known.last_try != known.denied:
                self.batch.denied.append((tenant, known.denied))
            known.is_lost, known.last_try = True, known.denied
        else:
            known.has_token, known.last_try = True, "failed"
            if fault[0] == "throttled":
                known.wait_until = at + fault[1] // 60

    def _count(self, tenant: int, fault: tuple[str, int] | None) -> None:
        if fault is not None:
            self.known.refused[fault[0]] += 1
        if fault is not None and fault[0] in SILENT:
            self.batch.lost.add(tenant)
        else:
            self.batch.heard += 1

    # --- what the stream says ---

    def _draw(self, name: str, tenant: int) -> bytes:
        return blake2b(f"{self.stream['seed']}:{name}:{tenant}".encode(), digest_size=8).digest()

    def _ranks(self, name: str) -> dict[int, int]:
        order = sorted(range(self.count), key=lambda tenant: self._draw(name, tenant))
        return {tenant: rank for rank, tenant in enumerate(order)}

    def _first(self, name: str, share: float) -> set[int]:
        return {tenant for tenant, rank in self._ranks(name).items() if rank < max(1, round(share * self.count))}

    def _fault(self, tenant: int, *, at: int) -> tuple[str, int] | None:
        for kind, begins, ends, hit in self.faults:
            if begins <= at < ends and tenant in hit:
                return kind, 0
        step = at // self.stream["weather"]["every"]
        if step not in self.weather:
            self.weather = {step: self._weather(step)}
        return self.weather[step].get(tenant)

    def _weather(self, step: int) -> dict[int, tuple[str, int]]:
        weather = self.stream["weather"]
        size = max(1, round(self.count * weather["share"]))
        picked = random.Random(f"{self.stream['seed']}:weather:{step}").sample(
            range(self.count), size * len(weather["of"])
        )
        seconds = weather["retry_after"][step % len(weather["retry_after"])]
        return {tenant: (weather["of"][place // size], seconds) for place, tenant in enumerate(picked)}

    def _listed(self, tenant: int, *, at: int) -> dict[str, Listing]:
        found = {}
        for issue in self.stream["issues"]:
            rank = self.ranks[issue["id"]][tenant]
            sizes = [(minute, max(1, round(share * self.count))) for minute, share in issue["reach"]]
            if not any(minute <= at and rank < size for minute, size in sizes):
                continue
            if issue["vanishes"] is not None and issue["vanishes"] <= at:
                continue
            share, minutes = issue["late"]
            is_late = share > 0 and rank < max(1, round(share * sizes[-1][1]))
            found[issue["id"]] = self._shown(issue, at=at, late=minutes if is_late else 0)
        return found

    def _shown(self, issue: Mapping[str, Any], *, at: int, late: int) -> Listing:
        """The same for all tenants of one minute, so it is read from the stream once."""
        if self.minute != at:
            self.minute, self.shown = at, {}
        key = (issue["id"], late)
        if key not in self.shown:
            self.shown[key] = listing(issue, at=at, late=late)
        return self.shown[key]

    # --- what becomes known by it ---

    def _told(self, known: KnownTenant, listed: dict[str, Listing], *, at: int) -> None:
        if known.read_at is not None and at - known.read_at > self.stale:
            known.gaps.append((known.read_at + self.stale, at))
        for service in self.services:
            here = [one for one in listed.values() if one.service == service]
            status = status_of(here)
            open_states = [state_of(one) for one in here if not one.is_resolved]
            state = min([MEANING.get(status, UNKNOWN), *open_states], key=WORST_FIRST.index)
            self._set_state(known, service, state=state, raw=status, because="", at=at)
        for one in listed.values():
            self._learn_issue(one, at=at)
            self._expose(known, one, at=at)
        for issue_id, exposed in known.exposures.items():
            if issue_id not in listed and exposed.cleared is None:
                exposed.cleared = at
                self.known.exposed[issue_id] -= 1
                exposed.last_seen = max(exposed.last_seen, known.read_at or 0)
        open_classes = [one.classification for one in listed.values() if not one.is_resolved]
        known.open = (open_classes.count("incident"), len(open_classes) - open_classes.count("incident"))
        known.read_at, known.denied = at, ""

    def _learn_issue(self, one: Listing, *, at: int) -> None:
        issue = self.known.issues.setdefault(one.id, KnownIssue(listing=one, first_seen=at, changed=at))
        if one.modified > issue.listing.modified:
            issue.listing, issue.changed = one, at
        for _, text in one.posts:
            if (one.id, text) not in self.known.posts:
                self.known.posts[one.id, text] = at
                self.batch.posts.append(one.id)

    def _expose(self, known: KnownTenant, one: Listing, *, at: int) -> None:
        exposed, is_open = known.exposures.get(one.id), not one.is_resolved
        was_open = exposed is not None and exposed.cleared is None
        self.known.exposed[one.id] += is_open - was_open
        self.batch.opened[one.id] += is_open and not was_open
        if exposed is None:
            known.exposures[one.id] = Exposed(first_seen=at, last_seen=at, cleared=at if one.is_resolved else None)
        elif is_open or was_open:
            exposed.last_seen, exposed.cleared = at, None if is_open else at

    def _deny(self, known: KnownTenant, *, kind: str, at: int) -> None:
        """A token in hand is refused first; then, or without one, the sign-in says what is wrong."""
        if kind == "secret":
            because = "SECRET_EXPIRED"
        else:
            because = "FORBIDDEN" if kind == "forbidden" or known.has_token else "CONSENT_MISSING"
        known.has_token, known.denied = False, because
        for service, (state, raw, since, _) in list(known.states.items()):
            self._set_state(
                known, service, state=UNKNOWN, raw=raw, because=because, at=since if state == UNKNOWN else at
            )

    def _set_state(self, known: KnownTenant, service: str, *, state: str, raw: str, because: str, at: int) -> None:
        before = known.states.get(service)
        if before is None or before[0] != state:
            known.changes.append((at, service, before[0] if before else "", state, because))
            known.states[service] = (state, raw, at, because)
        else:
            known.states[service] = (state, raw, before[2], because)
