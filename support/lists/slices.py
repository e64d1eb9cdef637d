"""The tickets behind one figure of a report, as a part of a list's address: `among=answered.4h`, `among=held.us`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, F, Func, OuterRef, Q
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from support.models import ENDED, EscalationBounce, Habit, SlaClock, Turn, TurnSpan


class Step(NamedTuple):
    """From `least` on, and less than `most`; none is without bounds, or what has not come yet."""

    word: str | Promise
    least: timedelta | None
    most: timedelta | None


def _steps(*bounds: tuple[str, str | Promise, timedelta], above: str | Promise) -> dict[str, Step]:
    steps, least = {}, timedelta()
    for key, word, most in bounds:
        steps[key] = Step(word, least, most)
        least = most
    return {**steps, "more": Step(above, least, None)}


_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
NOT_YET = "none"
WAITS: Mapping[str, Step] = _steps(
    ("15m", _("within 15 minutes"), _HOUR / 4),
    ("1h", _("15 minutes to 1 hour"), _HOUR),
    ("4h", _("1 to 4 hours"), 4 * _HOUR),
    ("8h", _("4 to 8 hours"), 8 * _HOUR),
    ("1d", _("8 to 24 hours"), _DAY),
    ("3d", _("1 to 3 days"), 3 * _DAY),
    above=_("3 days or longer"),
)
SOLUTIONS: Mapping[str, Step] = _steps(
    ("1h", _("within 1 hour"), _HOUR),
    ("4h", _("1 to 4 hours"), 4 * _HOUR),
    ("1d", _("4 to 24 hours"), _DAY),
    ("3d", _("1 to 3 days"), 3 * _DAY),
    ("7d", _("3 to 7 days"), 7 * _DAY),
    ("14d", _("7 to 14 days"), 14 * _DAY),
    above=_("14 days or longer"),
)
AGES: Mapping[str, Step] = _steps(
    ("1d", _("up to 1 day"), _DAY),
    ("3d", _("1 to 3 days"), 3 * _DAY),
    ("7d", _("3 to 7 days"), 7 * _DAY),
    ("14d", _("7 to 14 days"), 14 * _DAY),
    ("30d", _("14 to 30 days"), 30 * _DAY),
    above=_("30 days or longer"),
)
HOLDERS = (Turn.US, Turn.CUSTOMER, Turn.MICROSOFT, Turn.DISTRIBUTOR)
_NAMES: Mapping[str, str | Promise] = {
    "answered": _("First answer"),
    "solved": _("Solution"),
    "kept": _("Promise kept"),
    "broken": _("Promise broken"),
    "open_on": _("Open at the end of"),
    "age": _("Open for"),
    "held": _("Ball was with"),
    "habit": _("Asked again and again"),
    "rated": _("Rated"),
    "bounced": _("Sent back by Microsoft"),
}
RATINGS: Mapping[str, str | Promise] = {"good": _("Good"), "bad": _("Bad"), NOT_YET: _("solved, not rated")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """One figure's tickets: what the report counts and what the list shows are the same condition."""

    name: str
    value: str

    @classmethod
    def read(cls, text: str) -> "Slice | None":
        """Of the address; what nobody of us wrote is as if it were not there."""
        name, _dot, value = text[:40].partition(".")
        return cls(name=name, value=value) if _is_known(name, value) else None

    def __str__(self) -> str:
        return f"{self.name}.{self.value}"

    @property
    def label(self) -> str | Promise:
        return _NAMES[self.name]

    @property
    def words(self) -> str | Promise:
        if self.name in _STEPS:
            steps = _STEPS[self.name]
            return steps[self.value].word if self.value in steps else _("not yet")
        if self.name == "open_on":
            return date_format(date.fromisoformat(self.value))
        if self.name == "habit":
            return f"#{self.value}"
        if self.name == "rated":
            return RATINGS[self.value]
        choices: Any = {"held": Turn, "bounced": EscalationBounce.Reason}.get(self.name, SlaClock.Kind)
        label: str | Promise = choices(self.value.upper()).label
        return label

    def condition(self, *, now: datetime) -> Q:
        return _CONDITIONS[self.name](self.value, now)


def open_at(moment: datetime) -> Q:
    """Not ended by then; one that was reopened counts as open for all the time between."""
    return Q(created_at__lt=moment) & (Q(solved_at__isnull=True) | Q(solved_at__gte=moment))


def end_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC) + _DAY


_ENDED = [*map(str, ENDED)]
_STEPS: Mapping[str, Mapping[str, Step]] = {"answered": WAITS, "solved": SOLUTIONS, "age": AGES}


def _after(column: str, value: str, name: str) -> Q:
    if value == NOT_YET:
        return Q((f"{column}__isnull", True))
    step = _STEPS[name][value]
    least = Q((f"{column}__gte", F("created_at") + step.least)) if step.least else Q((f"{column}__isnull", False))
    return least & Q((f"{column}__lt", F("created_at") + step.most)) if step.most else least


def _is_known(name: str, value: str) -> bool:
    if name in ("answered", "solved") and value == NOT_YET:
        return True
    if name in _READ:
        return _READ[name](value)
    known = {
        **_STEPS,
        "held": [turn.lower() for turn in HOLDERS],
        "rated": RATINGS,
        "bounced": [reason.lower() for reason in EscalationBounce.Reason.values],
        **{name: [kind.lower() for kind in SlaClock.Kind.values] for name in ("kept", "broken")},
    }
    return value in known.get(name, ())


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _is_day(text: str) -> bool:
    try:
        day = parse_date(text) if len(text) == 10 else None
    except ValueError:
        return False
    return day is not None and 2000 <= day.year < 3000


_READ: Mapping[str, Callable[[str], bool]] = {"open_on": _is_day, "habit": _is_key}


def _of_age(value: str, now: datetime) -> Q:
    step = AGES[value]
    young = Q(created_at__gt=now - step.most) if step.most else Q()
    return young & Q(created_at__lte=now - (step.least or timedelta())) & ~Q(status__in=_ENDED)


def _of_habit(value: str, now: datetime) -> Q:
    numbers = Habit.objects.filter(pk=int(value)).values_list(Func(F("numbers"), function="unnest"))
    return Q(pk__in=numbers)


def _rated(value: str, now: datetime) -> Q:
    return Q(status__in=_ENDED, rating=None) if value == NOT_YET else Q(rating__is_good=value == "good")


def _clocks(value: str) -> Any:
    return SlaClock.objects.filter(ticket=OuterRef("pk"), kind=value.upper())


def _bounces(value: str) -> Any:
    return EscalationBounce.objects.filter(escalation__ticket=OuterRef("pk"), reason=value.upper())


def _broken(value: str, now: datetime) -> Q:
    return Q(Exists(_clocks(value).filter(breached_at__isnull=False)))


_CONDITIONS: Mapping[str, Callable[[str, datetime], Q]] = {
    "answered": lambda value, _now: _after("first_answered_at", value, "answered"),
    "solved": lambda value, _now: _after("solved_at", value, "solved"),
    "age": _of_age,
    "open_on": lambda value, _now: open_at(end_of(date.fromisoformat(value))),
    "held": lambda value, _now: Q(Exists(TurnSpan.objects.filter(ticket=OuterRef("pk"), turn=value.upper()))),
    "habit": _of_habit,
    "rated": _rated,
    "kept": lambda value, now: Q(Exists(_clocks(value))) & ~_broken(value, now),
    "broken": _broken,
    "bounced": lambda value, _now: Q(Exists(_bounces(value))),
}
