"""How well known issues are recognized, on labelled cases: every issue of the file is active in every case."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from support.known.matching import Active, Asked, best_matches

CASES = Path(__file__).parent / "cases.json"
_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One case: what was expected ("" for none), and what was offered, the likeliest first."""

    subject: str
    expected: str
    offered: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        return self.offered[:1] == (self.expected,) if self.expected else not self.offered


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """`precision`: of the first offers, how many were right; `recall`: of the known issues, how many came first."""

    cases: int
    precision: float
    recall: float
    recall_of_three: float
    wrong: tuple[Judged, ...]


def judge(path: Path = CASES) -> Quality:
    content = json.loads(path.read_text())
    active = [_active(row) for row in content["issues"]]
    judged = [_judged(row, active) for row in content["cases"]]
    offered = [case for case in judged if case.offered]
    known = [case for case in judged if case.expected]
    return Quality(
        cases=len(judged),
        precision=sum(case.is_right for case in offered) / max(1, len(offered)),
        recall=sum(case.is_right for case in known) / max(1, len(known)),
        recall_of_three=sum(case.expected in case.offered[:3] for case in known) / max(1, len(known)),
        wrong=tuple(case for case in judged if not case.is_right),
    )


def _judged(row: dict[str, Any], active: list[Active]) -> Judged:
    asked = Asked(text=f"{row['subject']}\n{row['text']}", at=_NOON)
    offered = tuple(str(match.key) for match in best_matches(asked, active))
    return Judged(subject=row["subject"], expected=row["expected"], offered=offered)


def _active(row: dict[str, Any]) -> Active:
    return Active(
        key=row["key"],
        title=row["title"],
        service_name=row["service"],
        feature=row["feature"],
        impact=row["impact"],
        started_at=_NOON,
        is_incident=True,
    )
