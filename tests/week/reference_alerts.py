"""Which alerts a week should raise, reckoned from what each batch of readings made known; no code of the portal."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.week.wire import INCIDENT, Listing, state_of

CRITICAL, WARNING, INFO = 0, 1, 2
DIFFERENT_TENANTS = 10  # so many in a row make it the connection's trouble, not a tenant's


@dataclass(kw_only=True)
class Alert:
    """`about` is an issue's id, a tenant's number, "circuit", or nothing where it is the connection's secret.

    News are never closed.
    """

    kind: str
    about: str | int
    severity: int
    count: int
    first_seen: int
    last_seen: int
    closed: int | None = None


@dataclass(kw_only=True)
class Batch:
    """What one batch of readings brought, beside the issues themselves."""

    opened: Counter[str] = field(default_factory=Counter)
    posts: list[str] = field(default_factory=list)  # the issue of each post that nobody had read before
    denied: list[tuple[int, str]] = field(default_factory=list)  # tenant and cause, where it is news
    lost: set[int] = field(default_factory=set)  # tenants of which nothing was heard
    heard: int = 0  # the others, refusals among them
    found: set[int] = field(default_factory=set)  # tenants that answer for the first time after they did not


@dataclass(kw_only=True)
class Alerts:
    raised: list[Alert] = field(default_factory=list)
    open: dict[tuple[str, str | int], Alert] = field(default_factory=dict)
    lost_in_a_row: set[int] = field(default_factory=set)

    def hear(self, batch: Batch, *, at: int) -> None:
        """One answer through the connection, whatever it says, shows that it is whole."""
        if batch.heard:
            self.lost_in_a_row = set()
            self._close("CONNECTION_BROKEN", "circuit", at=at)
            return
        if ("CONNECTION_BROKEN", "circuit") in self.open:
            return
        self.lost_in_a_row |= batch.lost
        if len(self.lost_in_a_row) >= DIFFERENT_TENANTS:
            self.lost_in_a_row = set()
            self._raise("CONNECTION_BROKEN", "circuit", severity=CRITICAL, at=at, times=1)

    def tell(
        self,
        batch: Batch,
        *,
        before: Mapping[str, Listing],
        after: Mapping[str, Listing],
        exposed: Mapping[str, int],
        at: int,
    ) -> None:
        for tenant in batch.found:
            self._close("ACCESS_LOST", tenant, at=at)
            self._close("CONNECTION_BROKEN", "", at=at)
        for issue_id, one in after.items():
            self._tell_of_issue(one, before=before.get(issue_id), batch=batch, exposed=exposed[issue_id], at=at)
        for issue_id in batch.posts:
            if issue_id in before:
                self._news("ISSUE_UPDATED", after[issue_id], at=at)
        for tenant, because in batch.denied:
            if because == "SECRET_EXPIRED":
                self._raise("CONNECTION_BROKEN", "", severity=CRITICAL, at=at, times=1)
            else:
                self._raise("ACCESS_LOST", tenant, severity=WARNING, at=at, times=1)

    def _tell_of_issue(self, one: Listing, *, before: Listing | None, batch: Batch, exposed: int, at: int) -> None:
        """An alert of an issue lasts as long as it is open and hits somebody; it counts the customers it came to."""
        opened = batch.opened[one.id]
        has_worsened = before is not None and state_of(one) == INCIDENT != state_of(before)
        if before is not None and one.is_resolved and not before.is_resolved:
            self._news("ISSUE_RESOLVED", one, at=at)
        if one.is_resolved or not exposed:
            self._close("ISSUE_OPENED", one.id, at=at)
            return
        if has_worsened:
            self._news("ISSUE_WORSENED", one, at=at)
        is_open = ("ISSUE_OPENED", one.id) in self.open
        if opened or has_worsened or not is_open:
            self._raise("ISSUE_OPENED", one.id, severity=severity_of(one), at=at, times=opened or not is_open)

    def _news(self, kind: str, one: Listing, *, at: int) -> None:
        alert = Alert(kind=kind, about=one.id, severity=severity_of(one), count=1, first_seen=at, last_seen=at)
        self.raised.append(alert)

    def _raise(self, kind: str, about: str | int, *, severity: int, at: int, times: int) -> None:
        found = self.open.get((kind, about))
        if found is None:
            found = Alert(kind=kind, about=about, severity=severity, count=0, first_seen=at, last_seen=at)
            self.open[kind, about] = found
            self.raised.append(found)
        found.count, found.severity, found.last_seen = found.count + times, min(found.severity, severity), at

    def _close(self, kind: str, about: str | int, *, at: int) -> None:
        if alert := self.open.pop((kind, about), None):
            alert.closed = at


def severity_of(one: Listing) -> int:
    if one.is_resolved:
        return INFO
    return CRITICAL if state_of(one) == INCIDENT else WARNING
