"""Pages of a long list that begin where the last one ended, so that page 400 costs what page 1 costs."""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

RowT = TypeVar("RowT", bound=Model)
PAGE_SIZE = 50
LONGEST_MARK = 2000
# We write moments in UTC; PostgreSQL fails on offsets of more than 16 hours, which Python reads.
_FOREIGN_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ].*(?<!\+00:00)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Page(Generic[RowT]):
    """Rows in order; the marks go into `?page=` and say where the neighbors begin. components/_pager.html shows it."""

    rows: list[RowT]
    previous_page_number: str
    next_page_number: str

    @property
    def has_previous(self) -> bool:
        return bool(self.previous_page_number)

    @property
    def has_next(self) -> bool:
        return bool(self.next_page_number)


def page_of(
    rows: QuerySet[RowT],
    *,
    order: Sequence[str],
    mark: str = "",
    size: int = PAGE_SIZE,
    also: Sequence[QuerySet[RowT]] = (),
) -> Page[RowT]:
    """One page of `rows` in this order ("-" for descending), from the mark on.

    The columns must not be null and together tell every row apart; annotations are welcome. A mark that nobody of us
    wrote is the first page. `also` are other rows with the same columns, merged in: each part may have its own index.
    """
    back, values = read_mark(mark, count=len(order))
    try:
        parts = [part.filter(_beyond(values, order=order, back=back)) if values else part for part in (rows, *also)]
        found = list(_merged(parts, order=_turned(order) if back else order, most=size + 1))
    except (ValueError, OverflowError, ValidationError):  # the right number of values, but of the wrong kind
        return page_of(rows, order=order, size=size, also=also)
    is_more, found = len(found) > size, found[:size]
    if back:
        found.reverse()
    has_previous = is_more if back else bool(values)
    has_next = bool(found) if back else is_more
    return Page(
        rows=found,
        previous_page_number=_write(found[0], order=order, back=True) if has_previous and found else "",
        next_page_number=_write(found[-1], order=order, back=False) if has_next and found else "",
    )


def _merged(parts: Sequence[QuerySet[RowT]], *, order: Sequence[str], most: int) -> QuerySet[RowT]:
    first, *others = [part.order_by(*order)[:most] for part in parts]
    return first.union(*others, all=True).order_by(*order)[:most] if others else first


def _turned(order: Sequence[str]) -> list[str]:
    return [column[1:] if column.startswith("-") else f"-{column}" for column in order]


def _beyond(values: Sequence[Any], *, order: Sequence[str], back: bool) -> Q:
    """The rows after the one with these values; the first column's bound stands alone, so that an index serves it."""
    beyond, same = Q(), Q()
    for column, value in zip(order, values, strict=True):
        name = column.removeprefix("-")
        comparison = "lt" if column.startswith("-") != back else "gt"
        beyond |= same & Q((f"{name}__{comparison}", value))
        same &= Q((name, value))
    first = order[0]
    bound = "lte" if first.startswith("-") != back else "gte"
    return Q((f"{first.removeprefix('-')}__{bound}", values[0])) & beyond


def _write(row: Model, *, order: Sequence[str], back: bool) -> str:
    values = [getattr(row, column.removeprefix("-")) for column in order]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    plain = [str(value) if isinstance(value, UUID) else value for value in plain]
    text = json.dumps([back, *plain], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_mark(mark: str, *, count: int) -> tuple[bool, list[Any]]:
    """Direction and values of a mark; no values where it says nothing that we wrote."""
    if not mark or len(mark) > LONGEST_MARK:
        return False, []
    try:
        parts = json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return False, []
    is_ours = isinstance(parts, list) and len(parts) == count + 1 and isinstance(parts[0], bool)
    if not is_ours or any(not isinstance(value, str | int) or "\x00" in str(value) for value in parts[1:]):
        return False, []
    if any(_FOREIGN_MOMENT.fullmatch(str(value)) for value in parts[1:]):
        return False, []
    return parts[0], parts[1:]
