"""What a mailbox can do, whatever it speaks, and what can go wrong with one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from support.models import Mailbox

Problem = Mailbox.Problem


class BoxError(Exception):
    """The mailbox can't be read now; `needs_person` where waiting mends nothing."""

    def __init__(self, problem: Problem, detail: str = "", *, retry_after: float = 0.0) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem, self.detail, self.retry_after = problem, " ".join(detail.split())[:300], retry_after

    @property
    def needs_person(self) -> bool:
        return self.problem not in {Problem.HOST, Problem.UNREACHABLE, Problem.THROTTLED, Problem.ANSWER}


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A mail that lies there; `progress` is what the row of the mailbox says once it is kept."""

    place: str
    progress: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """What is new, oldest first, and what the row of the mailbox has to remember of this look."""

    found: Sequence[Found]
    start: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """The bytes of a mail; where `why` says something it is not the whole mail, and a person has to look."""

    raw: bytes = field(repr=False)
    arrived_at: datetime
    size: int
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    mails: int
    unread: int


class Box(Protocol):
    """An open mailbox; everything may raise BoxError."""

    def look(self, *, now: datetime) -> Listing:
        """What was not kept yet."""

    def fetch(self, place: str, *, now: datetime) -> Fetched | None:
        """One mail; None where it is gone meanwhile."""

    def tell(self, places: Sequence[str]) -> None:
        """Say that these are kept: they become read, and are moved where that is wanted."""

    def count(self) -> Counted:
        """Without changing anything; also looks whether the folder to move to exists."""
