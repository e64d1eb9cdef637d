"""The table of budgets: a figure, its limit, and whether it is met."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import orjson


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One budget; `limit` is written with its comparison."""

    budget: str
    figure: float
    limit: str
    met: bool

    @classmethod
    def at_most(cls, budget: str, figure: float, limit: float) -> Self:
        return cls(budget=budget, figure=round(figure, 3), limit=f"≤ {limit:g}", met=figure <= limit)

    @classmethod
    def at_least(cls, budget: str, figure: float, limit: float) -> Self:
        return cls(budget=budget, figure=round(figure, 3), limit=f"≥ {limit:g}", met=figure >= limit)


def as_text(rows: Sequence[Row]) -> str:
    width = max(len(row.budget) for row in rows)
    lines = [f"{'budget':<{width}}  {'figure':>10}  {'limit':>8}  met"]
    lines += [f"{row.budget:<{width}}  {row.figure:>10g}  {row.limit:>8}  {'yes' if row.met else 'NO'}" for row in rows]
    return "\n".join(lines)


def write_json(rows: Sequence[Row], *, file: Path) -> None:
    file.write_bytes(orjson.dumps([asdict(row) for row in rows], option=orjson.OPT_INDENT_2))
