"""The figures as charts: rows with a name, a length, what they say, and the list of just those tickets."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from support.lists.filters import TicketFilter
from support.lists.slices import AGES, NOT_YET, RATINGS, SOLUTIONS, WAITS, Slice
from support.models import Family, SlaClock
from support.reports.reckon import PROMISES, Figures, Load, of_period, whatever_day
from support.templatetags.promise_words import hours_and_minutes

Query = Mapping[str, str | list[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """`amount` is how long its bar is, `figure` what stands there; `tickets` is how many the address lists."""

    name: str | Promise
    tickets: int
    amount: float
    figure: str
    address: str
    css: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    key: str
    title: str
    note: str
    rows: tuple[Row, ...]
    is_curve: bool = False  # days from left to right, not one row below the other


def charts_of(figures: Figures, chosen: TicketFilter) -> list[Chart]:
    build = _Builder(figures, chosen)
    return [chart for chart in (*_of_speed(figures, build), *_of_load(figures, build)) if chart.rows]


def _of_speed(figures: Figures, build: "_Builder") -> list[Chart]:
    return [
        Chart(key="answer", title=_("First answer"), note=_speed(figures.answer), rows=build.steps("answered", WAITS)),
        Chart(
            key="solution", title=_("Solution"), note=_speed(figures.solution), rows=build.steps("solved", SOLUTIONS)
        ),
        Chart(
            key="promises",
            title=_("Promises"),
            note=_(
                "Tickets with such a promise; one that still runs is kept so far. One late update of many breaks it."
            ),
            rows=tuple(build.promises()),
        ),
        Chart(
            key="held",
            title=_("Who had the ball"),
            note=_("Time by the clock, of all of these tickets together, until they were solved."),
            rows=tuple(build.held()),
        ),
    ]


def _of_load(figures: Figures, build: "_Builder") -> list[Chart]:
    return [
        Chart(
            key="backlog",
            title=_("Open at the end of the day"),
            note=_("Whenever they were opened. A ticket that was reopened counts as open all the time."),
            rows=tuple(build.backlog()),
            is_curve=True,
        ),
        Chart(key="ages", title=_("Open now, by age"), note=_("Whenever they were opened."), rows=build.ages()),
        Chart(
            key="customers",
            title=_("By customer"),
            note=_("The 15 that asked most."),
            rows=tuple(build.load(figures.loads["customers"], field="customer")),
        ),
        Chart(
            key="owners",
            title=_("By person"),
            note=_("Who owns the ticket now; the 15 with most."),
            rows=tuple(build.load(figures.loads["owners"], field="owner")),
        ),
        Chart(
            key="families",
            title=_("By product"),
            note="",
            rows=tuple(build.load(figures.loads["families"], field="family")),
        ),
        Chart(key="reopened", title=_("Reopened"), note=_share(figures), rows=(build.reopened(),)),
        Chart(key="bounced", title=_("Sent back by Microsoft"), note=_sent_back(figures), rows=build.bounced()),
        Chart(key="rated", title=_("What customers say afterwards"), note=_said(figures), rows=build.rated()),
    ]


class _Builder:
    def __init__(self, figures: Figures, chosen: TicketFilter) -> None:
        self.figures = figures
        self.inside = of_period(chosen, figures.period)
        self.any_day = whatever_day(chosen)
        self.list_address = reverse("support:ticket_list")

    def count(self, one: Slice, name: str | Promise, *, css: str = "", is_of_period: bool = True) -> Row:
        tickets = self.figures.counts[one]
        asked = replace(self.inside if is_of_period else self.any_day, among=one)
        return self.row(name, tickets, asked.to_query(), css=css)

    def row(self, name: str | Promise, tickets: int, query: Query, *, css: str = "") -> Row:
        address = f"{self.list_address}?{urlencode(query, doseq=True)}"
        return Row(name=name, tickets=tickets, amount=tickets, figure=f"{tickets:,}", address=address, css=css)

    def steps(self, name: str, steps: Mapping[str, Any]) -> tuple[Row, ...]:
        rows = [self.count(Slice(name=name, value=value), step.word) for value, step in steps.items()]
        return (*rows, self.count(Slice(name=name, value=NOT_YET), _("not yet"), css="is-open"))

    def ages(self) -> tuple[Row, ...]:
        found = ((Slice(name="age", value=value), step.word) for value, step in AGES.items())
        return tuple(self.count(one, word, is_of_period=False) for one, word in found)

    def promises(self) -> Iterator[Row]:
        words = {"kept": _("%(promise)s: kept"), "broken": _("%(promise)s: broken")}
        for kind in PROMISES:
            for name, sentence in words.items():
                one = Slice(name=name, value=kind.lower())
                label = sentence % {"promise": SlaClock.Kind(kind).label}
                yield self.count(one, label, css="is-bad" if name == "broken" else "is-good")

    def backlog(self) -> Iterator[Row]:
        for one in self.figures.counts:
            if one.name == "open_on":
                yield self.count(
                    one, date_format(date.fromisoformat(one.value), "MONTH_DAY_FORMAT"), is_of_period=False
                )

    def held(self) -> Iterator[Row]:
        for held in self.figures.held:
            asked = replace(self.inside, among=Slice(name="held", value=held.turn.lower()))
            row = self.row(held.turn.label, held.tickets, asked.to_query())
            yield replace(row, amount=held.time.total_seconds(), figure=_hours(held.time))

    def load(self, loads: Iterable[Load], *, field: str) -> Iterator[Row]:
        for one in loads:
            key = one.key or "none"
            name = Family(one.name).label if field == "family" else one.name or _("nobody")
            yield self.row(name, one.tickets, {**self.inside.to_query(), field: key})

    def rated(self) -> tuple[Row, ...]:
        css = {"good": "is-good", "bad": "is-bad", NOT_YET: "is-open"}
        return tuple(self.count(Slice(name="rated", value=key), word, css=css[key]) for key, word in RATINGS.items())

    def bounced(self) -> tuple[Row, ...]:
        """Reasons that came up, the most frequent first."""
        return tuple(self.count(one, one.words, css="is-bad") for one in self.figures.counts if one.name == "bounced")

    def reopened(self) -> Row:
        return self.row(_("Reopened"), self.figures.reopened, replace(self.inside, is_reopened=True).to_query())


def _speed(speed: Any) -> str:
    if speed.median is None:
        return _("None yet.")
    words = {"median": length(speed.median), "ninth": length(speed.ninth)}
    return _("Half within %(median)s, nine of ten within %(ninth)s.") % words


def _hours(time: timedelta) -> str:
    """Of many tickets together: minutes would only be noise."""
    hours = round(time / timedelta(hours=1))
    return _("%(hours)s h") % {"hours": f"{hours:,}"} if hours else hours_and_minutes(time)


def length(time: timedelta | None) -> str:
    """By the clock, to the minute."""
    return "–" if time is None else hours_and_minutes(time)


def _share(figures: Figures) -> str:
    if not figures.ended:
        return _("None of these tickets was solved yet.")
    words = {"percent": round(100 * figures.reopened / figures.ended), "ended": figures.ended}
    return _("%(percent)d %% of the %(ended)d that were solved once.") % words


def _sent_back(figures: Figures) -> str:
    return _("Tickets that were escalated: %(count)d.") % {"count": figures.escalated}


def _said(figures: Figures) -> str:
    good, bad = (figures.counts[Slice(name="rated", value=value)] for value in ("good", "bad"))
    if not good + bad:
        return _("Nobody has rated one of these tickets.")
    words = {"percent": round(100 * good / (good + bad)), "rated": good + bad}
    return _("%(percent)d %% of the %(rated)d that were rated are good.") % words
