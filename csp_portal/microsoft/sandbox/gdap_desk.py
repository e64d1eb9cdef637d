"""Faults of the calls that change delegated administration, and how often each was made."""

from collections import Counter
from dataclasses import dataclass, field

KINDS = (403, 412, 429, 500, 503, "reset")


@dataclass(kw_only=True, slots=True)
class WriteFault:
    """What the next `times` writes are answered; with `is_made` the change is made all the same, only nobody hears so.

    `relationships` limits it to these ids; empty is any.
    """

    answer: int | str
    times: int = 1
    is_made: bool = False
    retry_after: int = 1
    relationships: frozenset[str] = frozenset()


@dataclass(kw_only=True, slots=True)
class Tally:
    """Calls of one kind at one relationship, and how many of them changed something."""

    calls: int = 0
    made: int = 0
    answers: Counter[int] = field(default_factory=Counter)


class WriteDesk:
    """Whoever uses it holds the lock of the GDAP world."""

    def __init__(self) -> None:
        self.faults: list[WriteFault] = []
        self.tallies: dict[tuple[str, str], Tally] = {}

    def add_fault(self, fault: WriteFault) -> None:
        if fault.answer not in KINDS:
            raise ValueError(f"A write can be answered {', '.join(map(str, KINDS))}, not {fault.answer!r}.")
        self.faults.append(fault)

    def take_fault(self, relationship_id: str) -> WriteFault | None:
        """The first that fits, and count it."""
        fits = (one for one in self.faults if not one.relationships or relationship_id in one.relationships)
        found = next(fits, None)
        if found is not None:
            found.times -= 1
            if found.times <= 0:
                self.faults.remove(found)
        return found

    def count(self, relationship_id: str, verb: str, *, status: int, is_made: bool) -> None:
        """`status` is what was answered, 0 where the connection was cut."""
        tally = self.tallies.setdefault((relationship_id, verb), Tally())
        tally.calls += 1
        tally.made += is_made
        tally.answers[status] += 1

    def calls_of(self, relationship_id: str, verb: str) -> Tally:
        return self.tallies.get((relationship_id, verb), Tally())
