"""What a person asks of a list of tickets: read from its address, shown as chips, and written as an address again."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from customers.access import visible_customers
from customers.group_filter import Chip, GroupFilter, address_without, group_chips
from support.access import visible_tickets
from support.lists.slices import Slice
from support.models import TURN_OF, Family, Kind, Severity, SlaClock, Status, TicketQuerySet, Turn

LONGEST_SEARCH = 200
OPEN, SNOOZED, ENDED_ONES, ALL = "open", "snoozed", "ended", "all"
ME, NOBODY = "me", "none"
ORDERS: Mapping[str, tuple[str, ...]] = {
    "updated": ("-updated_at", "-id"),
    "-updated": ("updated_at", "id"),
    "number": ("-id",),
    "-number": ("id",),
    "opened": ("-created_at", "-id"),
    "severity": ("severity", "-updated_at", "-id"),
    "promise": ("promise_at", "id"),
}
_STATES: Mapping[str, str | Promise] = {
    OPEN: _("Open"),
    **{turn.value.lower(): turn.label for turn in Turn if turn != Turn.NOBODY},
    **{status.value.lower(): status.label for status in Status if status != Status.OPEN},
    SNOOZED: _("Snoozed"),
    ENDED_ONES: _("Solved and closed"),
    ALL: _("Open and ended"),
}
BROKEN, SOON, PAUSED = "broken", "soon", "paused"
ENDS_SOON = timedelta(hours=2)
PROMISES: Mapping[str, str | Promise] = {
    BROKEN: _("Promise broken"),
    SOON: _("Promise ends within 2 hours"),
    PAUSED: _("Clock stands still"),
}
_DAYS = {"created": "created_at", "solved": "solved_at"}


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketFilter:
    """What to show; every field comes from the address, and nonsense in it is as if it were not there.

    Without a state it is what is open and not asleep; a search without one looks through everything.
    """

    words: str = ""
    state: str = OPEN
    owner: str = ""  # me, none, or the number of a person
    queue: int | None = None
    severity: str = ""
    family: str = ""
    kind: str = ""
    service: int | None = None
    customer: UUID | None = None
    tag: str = ""
    issue: str = ""  # Microsoft's id
    suspicion: int | None = None
    promise: str = ""  # broken, soon or paused
    is_reopened: bool = False
    among: Slice | None = None  # the tickets behind a figure of a report
    days: Mapping[str, date] = field(default_factory=dict)  # created_from, created_until, solved_from, solved_until
    groups: GroupFilter = field(default_factory=GroupFilter)
    sort: str = "updated"
    is_dense: bool = False

    @classmethod
    def from_query(cls, query: QueryDict, *, user: User, groups: GroupFilter | None = None) -> "TicketFilter":
        words, state, owner = _text(query, "q"), query.get("state", "").lower(), query.get("owner", "")
        return cls(
            words=words,
            state=state if state in _STATES else ALL if words else OPEN,
            owner=owner if owner in {ME, NOBODY} or _number(owner) else "",
            queue=_number(query.get("queue", "")),
            severity=_one_of(query.get("severity", ""), Severity.values),
            family=_one_of(query.get("family", ""), Family.values),
            kind=_one_of(query.get("kind", ""), Kind.values),
            service=_number(query.get("service", "")),
            customer=_uuid(query.get("customer", "")),
            tag=_text(query, "tag")[:40],
            issue=_text(query, "issue")[:60],
            suspicion=_number(query.get("suspicion", "")),
            promise=query.get("promise", "") if query.get("promise", "") in PROMISES else "",
            is_reopened=query.get("reopened") == "yes",
            among=Slice.read(query.get("among", "")),
            days={name: day for name in _day_names() if (day := _day(query.get(name, "")))},
            groups=groups or GroupFilter.from_query(query, user=user),
            sort=query.get("sort", "") if query.get("sort", "") in ORDERS else "updated",
            is_dense=query.get("density") == "compact",
        )

    @property
    def initial_state(self) -> str:
        """What is shown where nothing is said of the state."""
        return ALL if self.words else OPEN

    @property
    def is_narrow(self) -> bool:
        return bool(set(self.to_query()) - {"sort", "density"})

    def to_query(self) -> dict[str, str | list[str]]:
        """The parameters of the address that asks for just this."""
        values: dict[str, str | list[str]] = {
            "q": self.words,
            "state": self.state if self.state != self.initial_state else "",
            "owner": self.owner,
            "queue": str(self.queue or ""),
            "severity": self.severity,
            "family": self.family,
            "kind": self.kind,
            "service": str(self.service or ""),
            "customer": str(self.customer or ""),
            "tag": self.tag,
            "issue": self.issue,
            "suspicion": str(self.suspicion or ""),
            "promise": self.promise,
            "reopened": "yes" if self.is_reopened else "",
            "among": str(self.among or ""),
            **{name: day.isoformat() for name, day in self.days.items()},
            **self.groups.to_query(),
            "sort": self.sort if self.sort != "updated" else "",
            "density": "compact" if self.is_dense else "",
        }
        return {name: value for name, value in values.items() if value}

    def apply(self, tickets: TicketQuerySet, *, user: User, now: datetime) -> TicketQuerySet:
        """The tickets that are left, the words apart: `support.lists.search` looks for those."""
        plain = {
            "queue": self.queue,
            "severity": self.severity,
            "family": self.family,
            "kind": self.kind,
            "service": self.service,
            "tags__contains": [self.tag] if self.tag else None,
            "issue__microsoft_id": self.issue,
            "suspicion": self.suspicion,
            "reopened__gt": 0 if self.is_reopened else None,
        }
        found = tickets.filter(**{name: value for name, value in plain.items() if value not in (None, "")})
        found = found.filter(_in_state(self.state, now=now), self._of_owner(user), self.on_days())
        found = found.filter(_promised(self.promise, now=now))
        if self.among is not None:
            found = found.filter(self.among.condition(now=now))
        if self.customer is not None:
            # Its key first, not as a subquery: then the index of a customer's tickets gives them in order.
            keys = visible_customers(user).filter(tenant_id=self.customer).values_list("pk", flat=True)
            found = found.filter(customer=keys.first() or 0)
        return self.groups.narrow_rows(found, user=user)

    def _of_owner(self, user: User) -> Q:
        if not self.owner:
            return Q()
        if self.owner == NOBODY:
            return Q(owner__isnull=True)
        return Q(owner=user.pk if self.owner == ME else int(self.owner))

    def on_days(self) -> Q:
        wanted = Q()
        for name, day in self.days.items():
            what, end = name.split("_")
            midnight = datetime.combine(day, time.min, tzinfo=UTC)
            is_from = end == "from"
            bound = midnight if is_from else midnight + timedelta(days=1)
            wanted &= Q((f"{_DAYS[what]}__{'gte' if is_from else 'lt'}", bound))
        return wanted


def tickets_of(user: User, chosen: TicketFilter, *, now: datetime) -> TicketQuerySet:
    """Of the tickets that this person may see, those that the filters leave, in no order."""
    return chosen.apply(visible_tickets(user), user=user, now=now)


def chips_of(chosen: TicketFilter, *, names: Mapping[str, str], but: Collection[str] = ()) -> Iterator[Chip]:
    """What narrows the list now, in words; `names` are those of the queue, owner, customer and service asked for.

    Without those parameters of the address that the page shows in another way.
    """
    shown: list[tuple[str, str | Promise, str | Promise]] = [
        ("q", _("Search"), chosen.words),
        ("state", _("State"), _STATES[chosen.state]),
        ("owner", _("Owner"), {ME: _("me"), NOBODY: _("nobody")}.get(chosen.owner, names.get("owner", "?"))),
        ("queue", _("Queue"), names.get("queue", "?")),
        ("severity", _("Severity"), Severity(chosen.severity).label if chosen.severity else ""),
        ("family", _("Product family"), Family(chosen.family).label if chosen.family else ""),
        ("kind", _("Kind"), Kind(chosen.kind).label if chosen.kind else ""),
        ("service", _("Service"), names.get("service", "?")),
        ("customer", _("Customer"), names.get("customer", "?")),
        ("tag", _("Tag"), chosen.tag),
        ("issue", _("Issue"), chosen.issue),
        ("suspicion", _("Suspected incident"), f"#{chosen.suspicion}"),
        ("promise", _("Promise"), PROMISES.get(chosen.promise, "")),
        ("reopened", _("Reopened"), _("yes")),
        ("among", chosen.among.label if chosen.among else "", chosen.among.words if chosen.among else ""),
        ("created_from", _("Opened from"), str(chosen.days.get("created_from"))),
        ("created_until", _("Opened until"), str(chosen.days.get("created_until"))),
        ("solved_from", _("Solved from"), str(chosen.days.get("solved_from"))),
        ("solved_until", _("Solved until"), str(chosen.days.get("solved_until"))),
    ]
    asked = chosen.to_query()
    for name, label, value in shown:
        if name in asked and name not in but:
            yield Chip(label=label, value=value, address=address_without(asked, taken={name: None}))
    yield from group_chips(chosen.groups, asked=asked)


def states_to_choose() -> list[tuple[str, str | Promise]]:
    return list(_STATES.items())


def _in_state(state: str, *, now: datetime) -> Q:
    awake = Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now)
    unended = ~Q(status__in=[Status.SOLVED.value, Status.CLOSED.value])
    if state == ALL:
        return Q()
    if state == OPEN:
        return unended & awake
    if state == SNOOZED:
        return unended & Q(snoozed_until__gt=now)
    if state == ENDED_ONES:
        return Q(status__in=[Status.SOLVED, Status.CLOSED])
    if state.upper() in Turn.values:
        return unended & awake & Q(status__in=[one for one, turn in TURN_OF.items() if turn == state.upper()])
    return Q(status=state.upper())


def _promised(promise: str, *, now: datetime) -> Q:
    """Of our own promises; Microsoft's clock is not one of them."""
    if promise == BROKEN:
        return Q(promise_at__lte=now)
    if promise == SOON:
        return Q(promise_at__gt=now, promise_at__lte=now + ENDS_SOON)
    if promise == PAUSED:
        still = SlaClock.objects.filter(ticket=OuterRef("pk"), ended_at__isnull=True, running_since__isnull=True)
        return Q(Exists(still.exclude(kind=SlaClock.Kind.MICROSOFT)))
    return Q()


def _day_names() -> list[str]:
    return [f"{what}_{end}" for what in _DAYS for end in ("from", "until")]


def _text(query: QueryDict, name: str) -> str:
    return query.get(name, "").replace("\x00", "").strip()[:LONGEST_SEARCH]


def _one_of(value: str, known: list[str]) -> str:
    return value.upper() if value.upper() in known else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 and int(text) else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        day = parse_date(text)
    except ValueError:  # the 31st of February
        return None
    return day if day and 2000 <= day.year < 3000 else None
