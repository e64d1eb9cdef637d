"""A chart in the units of an SVG, drawn on the server: columns for days, lines below each other for everything else."""

from dataclasses import dataclass

from support.reports.charts import Chart, Row

WIDTH = 640
NAME, FIGURE = 190, 90  # left of the bars, and right of them
LINE, THICK = 26, 16
HEIGHT = 150
FEWEST_APART = 5  # days between two that are named


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    row: Row
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    x: int
    y: int
    words: str
    anchor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    chart: Chart
    width: int
    height: int
    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]


def draw(chart: Chart) -> Drawing:
    return _columns(chart) if chart.is_curve else _lines(chart)


def _lines(chart: Chart) -> Drawing:
    room, most = WIDTH - NAME - FIGURE, max((row.amount for row in chart.rows), default=0)
    bars, labels = [], []
    for place, row in enumerate(chart.rows):
        y, width = place * LINE, _scaled(row.amount, most=most, room=room)
        bars.append(Bar(row=row, x=NAME, y=y + 4, width=width, height=THICK))
        labels.append(Label(x=NAME - 8, y=y + 16, words=_short(str(row.name)), anchor="end"))
        labels.append(Label(x=NAME + width + 6, y=y + 16, words=row.figure, anchor="start"))
    return Drawing(
        chart=chart, width=WIDTH, height=max(LINE, len(chart.rows) * LINE), bars=tuple(bars), labels=tuple(labels)
    )


def _columns(chart: Chart) -> Drawing:
    most = max((row.amount for row in chart.rows), default=0)
    step = WIDTH // max(1, len(chart.rows))
    bars, labels = [], [Label(x=0, y=12, words=f"{int(most):,}", anchor="start")]
    for place, row in enumerate(chart.rows):
        height = _scaled(row.amount, most=most, room=HEIGHT)
        bars.append(Bar(row=row, x=place * step + 1, y=18 + HEIGHT - height, width=max(2, step - 2), height=height))
        if place % FEWEST_APART == 0:
            labels.append(Label(x=place * step + 1, y=HEIGHT + 34, words=str(row.name), anchor="start"))
    return Drawing(chart=chart, width=WIDTH, height=HEIGHT + 40, bars=tuple(bars), labels=tuple(labels))


def _scaled(amount: float, *, most: float, room: int) -> int:
    """A single ticket is seen beside a thousand; none is no bar."""
    return max(2, round(room * amount / most)) if amount and most else 0


def _short(name: str) -> str:
    """Chinese characters are twice as wide."""
    wide = any(ord(letter) > 0x2E80 for letter in name)
    most = 14 if wide else 25
    return name if len(name) <= most else f"{name[: most - 1]}…"
