"""The forecast as bars, one a week, in the units of an SVG; what a bar says in words is beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.gdap.forecast import Week

STEP, BAR = 10, 8  # the width of a week, and of its bar
HEIGHT = 120
SMALL = 40
NEAR = 10  # weeks that the name of a month takes
_LEAST = 2  # a single customer is seen beside a thousand


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    css: str
    y: int
    height: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """A week's column; `address` leads to the relationships behind it."""

    x: int
    parts: tuple[Part, ...]
    words: str
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """Where a quarter begins."""

    x: int
    words: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    width: int
    height: int
    most: int
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]


def draw_losses(weeks: Sequence[Week], *, address_of: Callable[[Week], str]) -> Chart:
    """What is lost: access that ends, access whose extension is barred, and invitations that lapse."""
    return _draw(
        weeks,
        height=HEIGHT,
        counts_of=lambda week: (("is-ending", week.ends), ("is-barred", week.barred), ("is-lapsing", week.lapses)),
        words_of=words_of,
        address_of=address_of,
    )


def draw_extensions(weeks: Sequence[Week], *, address_of: Callable[[Week], str]) -> Chart:
    """What extends by itself, apart and to a scale of its own."""
    return _draw(
        weeks,
        height=SMALL,
        counts_of=lambda week: (("is-extending", week.extends),),
        words_of=lambda week: f"{name_of(week)}: {_extending(week.extends)}",
        address_of=address_of,
    )


def name_of(week: Week) -> str:
    """ "Week 31, Aug 2 – Aug 8, 2027"."""
    words = {"number": week.number, "first": _day(week.begins_on), "last": _day(week.last_day)}
    return _("Week %(number)d, %(first)s – %(last)s") % words


def words_of(week: Week) -> str:
    """Everything that a week's bar shows."""
    told = []
    if week.lost:
        told.append(
            ngettext("%(count)d customer loses access", "%(count)d customers lose access", week.lost)
            % {"count": week.lost}
        )
    if week.barred:
        told.append(_("%(count)d of them barred by Global Administrator") % {"count": week.barred})
    if week.lapses:
        told.append(
            ngettext("%(count)d invitation lapses", "%(count)d invitations lapse", week.lapses) % {"count": week.lapses}
        )
    return f"{name_of(week)}: {', '.join(told)}"


def _extending(count: int) -> str:
    return ngettext("%(count)d extends by itself", "%(count)d extend by themselves", count) % {"count": count}


def _draw(
    weeks: Sequence[Week],
    *,
    height: int,
    counts_of: Callable[[Week], tuple[tuple[str, int], ...]],
    words_of: Callable[[Week], str],
    address_of: Callable[[Week], str],
) -> Chart:
    columns = [counts_of(week) for week in weeks]
    most = max((sum(count for _css, count in column) for column in columns), default=0)
    bars = [
        Bar(x=n * STEP, parts=_stack(column, height=height, most=most), words=words_of(week), address=address_of(week))
        for n, (week, column) in enumerate(zip(weeks, columns, strict=True))
        if any(count for _css, count in column)
    ]
    return Chart(width=len(weeks) * STEP, height=height, most=most, bars=tuple(bars), ticks=tuple(_ticks(weeks)))


def _stack(column: tuple[tuple[str, int], ...], *, height: int, most: int) -> tuple[Part, ...]:
    parts, y = [], height
    for css, count in column:
        if count:
            size = max(_LEAST, round(count * height / most))
            y -= size
            parts.append(Part(css=css, y=y, height=size))
    return tuple(parts)


def _ticks(weeks: Sequence[Week]) -> list[Tick]:
    """The first week that begins in a quarter; where the first quarter is nearly over, the next one has the place."""
    ticks = [
        Tick(x=n * STEP, words=date_format(week.begins_on, "YEAR_MONTH_FORMAT"))
        for n, week in enumerate(weeks)
        if _quarter(week.begins_on) != (_quarter(weeks[n - 1].begins_on) if n else None)
    ]
    return ticks[1:] if len(ticks) > 1 and ticks[1].x < NEAR * STEP else ticks


def _quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 3


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")
