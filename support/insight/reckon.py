"""What each customer kept asking in 90 days, held against similar customers: over all of them, in the background."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from customers.models import Customer
from health.models import Service, ServiceState
from support.insight.rules import GENERAL, Asked, advice_for
from support.known.vocabulary import meanings_of, names_of
from support.models import Habit, Ticket

WINDOW = timedelta(days=90)
LEAST_TICKETS = 3
LEAST_SIMILAR = 5  # fewer customers would say more of each other than of what is usual
MOST_NUMBERS = 500
LONGEST_WORD = 60
_DIGIT = re.compile(r"\d")
SIZES = (10, 50, 250, 1000)  # seats from which the next class begins
Group = tuple[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seats:
    """A customer whose seats we know: its group of similar ones is its support tier and its class of size."""

    seats: int
    group: Group


@dataclass(kw_only=True, slots=True)
class _Heap:
    numbers: list[int] = field(default_factory=list)
    reopened: int = 0
    known: int = 0


@dataclass(kw_only=True, slots=True)
class _Usual:
    """All of a group that use the service: how many, their seats, and what they asked, by kind and word."""

    customers: int = 0
    seats: int = 0
    asked: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))


Key = tuple[int, str, str]  # customer, kind, word


def habits(*, now: datetime, round_number: int) -> Iterator[Habit]:
    """Service by service, so that never more than one service's tickets are in hand."""
    sized = dict(_sized())
    asked_of = Ticket.objects.filter(created_at__gte=now - WINDOW, created_at__lt=now).order_by()
    keys = list(asked_of.values_list("service", flat=True).distinct())
    services = {service.pk: service for service in Service.objects.filter(pk__in=[key for key in keys if key])}
    for key in sorted(keys, key=lambda one: one or 0):
        service = services.get(key) if key else None
        yield from _of_service(service, sized=sized, now=now, round_number=round_number)


def _sized() -> Iterator[tuple[int, Seats]]:
    rows = Customer.objects.filter(gone_at__isnull=True, seats__gt=0).order_by().values_list("pk", "tier", "seats")
    for pk, tier, seats in rows:
        if seats:
            yield pk, Seats(seats=seats, group=(tier, sum(seats >= bound for bound in SIZES)))


def _of_service(
    service: Service | None, *, sized: Mapping[int, Seats], now: datetime, round_number: int
) -> list[Habit]:
    heaps = _heaps(service, now=now)
    usual = _usual(service, heaps, sized=sized)
    found = []
    for (customer, kind, word), heap in heaps.items():
        if len(heap.numbers) < LEAST_TICKETS:
            continue
        habit = Habit(
            customer_id=customer,
            service=service,
            kind=kind,
            word=word,
            count=len(heap.numbers),
            reopened=heap.reopened,
            known=heap.known,
            numbers=sorted(heap.numbers, reverse=True)[:MOST_NUMBERS],
            round=round_number,
        )
        if customer in sized:
            _compare(habit, sized[customer], usual[sized[customer].group])
        _advise(habit, service_name=service.name if service else "")
        found.append(habit)
    found = _distinct(found)
    _say_once(found)
    return found


def _heaps(service: Service | None, *, now: datetime) -> dict[Key, _Heap]:
    """The tickets by customer, kind and word; each counts once for every word of its subject, and once for none."""
    heaps: dict[Key, _Heap] = defaultdict(_Heap)
    names = names_of(service.name) if service else frozenset()
    rows = Ticket.objects.filter(created_at__gte=now - WINDOW, created_at__lt=now, service=service)
    rows = rows.filter(customer__gone_at__isnull=True, customer__isnull=False, merged_into__isnull=True).order_by()
    columns = ("pk", "customer_id", "kind", "subject", "reopened", "issue_id")
    for number, customer, kind, subject, reopened, issue in rows.values_list(*columns).iterator(chunk_size=2000):
        # A word with a digit is a number of something: it is in no other ticket.
        words = {word[:LONGEST_WORD] for word in meanings_of(subject) - names if not _DIGIT.search(word)}
        for word in {"", *words}:
            heap = heaps[customer, kind, word]
            heap.numbers.append(number)
            heap.reopened += reopened > 0
            heap.known += issue is not None
    return heaps


def _usual(service: Service | None, heaps: Mapping[Key, _Heap], *, sized: Mapping[int, Seats]) -> dict[Group, _Usual]:
    usual: dict[Group, _Usual] = defaultdict(_Usual)
    using = set(sized)
    if service is not None:
        states = ServiceState.objects.filter(service=service, missing_since__isnull=True)
        using &= {*states.values_list("customer_id", flat=True), *(customer for customer, _kind, _word in heaps)}
    for pk in using:
        group = usual[sized[pk].group]
        group.customers += 1
        group.seats += sized[pk].seats
    for (customer, kind, word), heap in heaps.items():
        if customer in sized:
            usual[sized[customer].group].asked[kind, word] += len(heap.numbers)
    return usual


def _compare(habit: Habit, own: Seats, usual: _Usual) -> None:
    """The customer itself is not among those it is compared with."""
    habit.rate = 100 * habit.count / own.seats
    others, seats = usual.customers - 1, usual.seats - own.seats
    if others < LEAST_SIMILAR or seats <= 0:
        return
    habit.similar = others
    habit.similar_rate = 100 * (usual.asked[habit.kind, habit.word] - habit.count) / seats
    habit.excess = max(0, round(habit.count - habit.similar_rate * own.seats / 100))


def _advise(habit: Habit, *, service_name: str) -> None:
    asked = Asked(
        kind=habit.kind,
        word=habit.word,
        service_name=service_name,
        count=habit.count,
        reopened=habit.reopened,
        known=habit.known,
        rate=habit.rate,
        similar_rate=habit.similar_rate,
    )
    if rule := advice_for(asked):
        habit.advice, habit.help = rule.key, rule.help


def _distinct(found: list[Habit]) -> list[Habit]:
    """Of words that the very same tickets share only one, if possible one that a rule has something to say about."""
    kept: dict[tuple[object, ...], Habit] = {}
    for habit in sorted(found, key=lambda one: (not one.advice or one.advice in GENERAL, one.word)):
        kept.setdefault((habit.customer_id, habit.kind, not habit.word, *habit.numbers), habit)
    return list(kept.values())


def _say_once(found: list[Habit]) -> None:
    """Many words of the same tickets lead to the same advice: it stays with the one that is worth most.

    That something is asked often is said only where no rule knows better what would help.
    """
    best: dict[tuple[int, str, str], Habit] = {}
    for habit in sorted(found, key=lambda one: (-one.excess, -one.count, one.word)):
        if habit.advice and best.setdefault((habit.customer_id, habit.kind, habit.advice), habit) is not habit:
            habit.advice, habit.help = "", ""
    helped = {(customer, kind) for customer, kind, advice in best if advice not in GENERAL}
    for habit in found:
        if habit.advice in GENERAL and (habit.customer_id, habit.kind) in helped:
            habit.advice, habit.help = "", ""
