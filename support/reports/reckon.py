"""The figures of a report: each is a count of tickets by the very condition that the list behind it has."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    CharField,
    Count,
    DateTimeField,
    DurationField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Cast, Coalesce

from csp_portal.accounts.models import User
from support.lists.filters import ALL, TicketFilter, tickets_of
from support.lists.slices import AGES, HOLDERS, NOT_YET, RATINGS, SOLUTIONS, WAITS, Slice, end_of
from support.models import ENDED, Escalation, EscalationBounce, SlaClock, Ticket, Turn, TurnSpan

MOST_LOADED = 15
MOST_POINTS = 31
DAYS, MOST_DAYS = 28, 366
PROMISES = (SlaClock.Kind.FIRST_RESPONSE, SlaClock.Kind.UPDATE, SlaClock.Kind.SOLUTION, SlaClock.Kind.MICROSOFT)


_ASKED = Escalation.objects.filter(ticket=OuterRef("pk"), filed_at__isnull=False)


class Percentile(Aggregate):
    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """Whole days (UTC); tickets belong to the day on which they were opened."""

    first: date
    last: date

    @classmethod
    def of(cls, chosen: TicketFilter, *, today: date) -> "Period":
        """What the address says, the last four weeks where it says nothing, and never more than a year."""
        last = chosen.days.get("created_until", today)
        first = chosen.days.get("created_from", last - timedelta(days=DAYS - 1))
        return cls(first=max(min(first, last), last - timedelta(days=MOST_DAYS - 1)), last=last)

    def points(self) -> Iterator[date]:
        """The days of a curve, the last one always among them."""
        step = -(-((self.last - self.first).days + 1) // MOST_POINTS)
        yield from sorted(self.last - timedelta(days=n) for n in range(0, (self.last - self.first).days + 1, step))


@dataclass(frozen=True, kw_only=True, slots=True)
class Speed:
    median: timedelta | None
    ninth: timedelta | None  # nine of ten were quicker


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """Tickets of one customer, product or person; `key` is what the list's filter calls it."""

    key: str
    name: str
    tickets: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    turn: Turn
    tickets: int
    time: timedelta


@dataclass(frozen=True, kw_only=True)
class Figures:
    period: Period
    opened: int
    ended: int  # ever, reopened ones included
    reopened: int
    answer: Speed
    solution: Speed
    counts: dict[Slice, int]
    loads: dict[str, list[Load]]  # of customers, families, owners
    held: list[Held]
    escalated: int  # tickets that Microsoft was asked about


def of_period(chosen: TicketFilter, period: Period) -> TicketFilter:
    """The filter without what a report has no use for: tickets opened in the period, whatever became of them.

    In the order in which they were opened: a list of few among a million then reads no more than the period.
    """
    days = {"created_from": period.first, "created_until": period.last}
    return replace(whatever_day(chosen), days=days, sort="opened")


def whatever_day(chosen: TicketFilter) -> TicketFilter:
    return replace(
        chosen, words="", state=ALL, promise="", is_reopened=False, among=None, days={}, sort="updated", is_dense=False
    )


def reckon(user: User, chosen: TicketFilter, *, now: datetime) -> Figures:
    """Five statements, however many tickets."""
    period = Period.of(chosen, today=now.date())
    ever = tickets_of(user, whatever_day(chosen), now=now)
    tickets = ever.filter(of_period(chosen, period).on_days())
    told = _told(tickets, now=now)
    counts = {one: told[name] for name, one in _named(_of_tickets())}
    counts |= _promises(tickets)
    counts |= _waiting(ever, period, now=now)
    loads = _loads(tickets, is_of_one=bool(chosen.customer))
    counts |= {Slice(name="bounced", value=one.key.lower()): one.tickets for one in loads["bounced"]}
    return Figures(
        period=period,
        opened=told["opened"],
        ended=told["ended"],
        reopened=told["again"],
        answer=Speed(median=told["answer_median"], ninth=told["answer_ninth"]),
        solution=Speed(median=told["solution_median"], ninth=told["solution_ninth"]),
        counts=counts,
        loads=loads,
        held=_held(tickets, now=now),
        escalated=told["escalated"],
    )


def _of_tickets() -> Iterator[Slice]:
    for name, steps in (("answered", WAITS), ("solved", SOLUTIONS)):
        yield from (Slice(name=name, value=value) for value in (*steps, NOT_YET))
    yield from (Slice(name="rated", value=value) for value in RATINGS)


def _named(slices: Iterable[Slice]) -> Iterator[tuple[str, Slice]]:
    """With a name for the column of each."""
    return ((f"slice_{place}", one) for place, one in enumerate(slices))


def _told(tickets: "QuerySet[Ticket]", *, now: datetime) -> dict[str, Any]:
    ended = [*map(str, ENDED)]
    answer, solution = (F(column) - F("created_at") for column in ("first_answered_at", "solved_at"))
    kind: Any = {"output_field": DurationField()}
    return tickets.aggregate(
        opened=Count("pk"),
        again=Count("pk", filter=Q(reopened__gt=0)),
        escalated=Count("pk", filter=Q(Exists(_ASKED))),
        ended=Count("pk", filter=Q(status__in=ended) | Q(reopened__gt=0)),
        answer_median=Percentile(answer, fraction=0.5, **kind),
        answer_ninth=Percentile(answer, fraction=0.9, **kind),
        solution_median=Percentile(solution, fraction=0.5, **kind),
        solution_ninth=Percentile(solution, fraction=0.9, **kind),
        **{name: Count("pk", filter=one.condition(now=now)) for name, one in _named(_of_tickets())},
    )


def _promises(tickets: "QuerySet[Ticket]") -> dict[Slice, int]:
    """Tickets, not clocks: of many updates that were promised, one that came too late breaks it."""
    clocks = SlaClock.objects.filter(ticket__in=tickets.order_by().values("pk")).values("kind").order_by()
    counted = clocks.annotate(
        promised=Count("ticket", distinct=True),
        broken=Count("ticket", distinct=True, filter=Q(breached_at__isnull=False)),
    )
    rows = {row["kind"]: row for row in counted}
    found = {}
    for kind in PROMISES:
        row = rows.get(kind, {"promised": 0, "broken": 0})
        found[Slice(name="kept", value=kind.lower())] = row["promised"] - row["broken"]
        found[Slice(name="broken", value=kind.lower())] = row["broken"]
    return found


def _bounced(tickets: "QuerySet[Ticket]") -> "QuerySet[Any, Any]":
    """Tickets, not requests: of one that came back twice for the same reason it is one."""
    found = EscalationBounce.objects.filter(escalation__ticket__in=tickets.order_by().values("pk"))
    text = CharField()
    named = found.order_by().annotate(what=Value("bounced", output_field=text), title=Cast("reason", text))
    counted = named.values_list("what", "reason", "title").annotate(many=Count("escalation__ticket", distinct=True))
    return counted.order_by("-many", "reason")[:MOST_LOADED]


def _waiting(tickets: "QuerySet[Ticket]", period: Period, *, now: datetime) -> dict[Slice, int]:
    """The backlog on each day of the curve, and by its age now; only tickets that were open in that time are read."""
    slices = [Slice(name="open_on", value=day.isoformat()) for day in period.points()]
    slices += [Slice(name="age", value=value) for value in AGES]
    alive = tickets.filter(Q(solved_at__isnull=True) | Q(solved_at__gte=end_of(next(period.points()))))
    told = alive.aggregate(**{name: Count("pk", filter=one.condition(now=now)) for name, one in _named(slices)})
    return {one: told[name] for name, one in _named(slices)}


def _loads(tickets: "QuerySet[Ticket]", *, is_of_one: bool) -> dict[str, list[Load]]:
    """Who has most: customers (where it is not of one alone), products, people; and why requests came back.

    One statement for all of them.
    """
    parts = [_counted(tickets, "families", key="family", name="family")]
    parts.append(_counted(tickets, "owners", key="owner", name="owner__name"))
    if not is_of_one:
        named = tickets.exclude(customer=None)
        parts.append(_counted(named, "customers", key="customer__tenant_id", name="customer__name"))
    parts.append(_bounced(tickets))
    loads: dict[str, list[Load]] = {"customers": [], "families": [], "owners": [], "bounced": []}
    for what, key, name, many in parts[0].union(*parts[1:], all=True):
        loads[what].append(Load(key=key or "", name=name or "", tickets=many))
    for rows in loads.values():
        rows.sort(key=lambda load: (-load.tickets, load.name))
    return loads


def _counted(tickets: "QuerySet[Ticket]", what: str, *, key: str, name: str) -> "QuerySet[Any, Any]":
    text = CharField()
    named = tickets.order_by().annotate(
        what=Value(what, output_field=text), key=Cast(key, text), title=Cast(name, text)
    )
    counted = named.values_list("what", "key", "title").annotate(many=Count("pk"))
    return counted.order_by("-many", "key")[:MOST_LOADED]


def _held(tickets: "QuerySet[Ticket]", *, now: datetime) -> list[Held]:
    length = Coalesce(F("ended_at"), Value(now, output_field=DateTimeField())) - F("began_at")
    spans = TurnSpan.objects.filter(ticket__in=tickets.order_by().values("pk"), turn__in=HOLDERS)
    counted = (
        spans.order_by()
        .values("turn")
        .annotate(tickets=Count("ticket", distinct=True), time=Sum(length, output_field=DurationField()))
    )
    rows = {row["turn"]: row for row in counted}
    nothing: dict[str, Any] = {"tickets": 0, "time": timedelta()}
    found = ((turn, rows.get(turn, nothing)) for turn in HOLDERS)
    return [Held(turn=turn, tickets=row["tickets"], time=row["time"]) for turn, row in found]
