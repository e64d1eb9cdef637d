"""The list of customers: what a person asked for in the address, and the rows that answer it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import F, Q, SmallIntegerField, Value
from django.db.models.functions import Coalesce, Upper
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csp_portal.keyset import Page, page_of
from customers.domains import INITIAL_ENDINGS
from customers.groups import narrowed_to, without
from customers.models import CloudChoice, Connection, Customer, CustomerGroup, Feed, State
from customers.models.customer import CustomerQuerySet
from customers.queries import ids_of_late, with_health_at

COUNTED_TO = 10_000
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
# Names of orders as they stand in the address; "age" goes from the youngest reading to the oldest.
ORDERS: Mapping[str, tuple[str, ...]] = {
    "health": ("rank", "name_key", "id"),
    "-health": ("-rank", "name_key", "id"),
    "name": ("name_key", "id"),
    "-name": ("-name_key", "-id"),
    "age": ("-read_key", "id"),
    "-age": ("read_key", "id"),
}
PROBLEMS = "problems"
UNHEARD_OF = "STATUS"  # in the address: unknown because of a status, not because of a reading
_CAUSES: Mapping[str, str] = {UNHEARD_OF: "", **{cause: cause for cause in Feed.Problem.values}}
_ID_START = re.compile(r"[0-9a-f]{4,32}")


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerFilter:
    """What to show; every field comes from the address, and nonsense in it is as if it were not there."""

    words: str = ""
    state: State | None = None
    only_problems: bool = False  # everything that is not healthy; `state` is then None
    cloud: str = ""
    tag: str = ""
    connection: UUID | None = None
    group: CustomerGroup | None = None
    is_without_group: bool = False
    is_gone: bool = False
    cause: str | None = None  # why it is unknown: a Feed.Problem, or "" where a status is unheard of
    sort: str = "health"

    @classmethod
    def from_query(cls, query: QueryDict, *, groups: Iterable[CustomerGroup] = ()) -> "CustomerFilter":
        """`groups` are those the person may name: ?group=7 for its customers, ?group=-7 for all others."""
        asked = query.get("group", "")
        state, cloud, sort = query.get("state", ""), query.get("cloud", ""), query.get("sort", "")
        wanted = State[state.upper()] if state.upper() in State.names else None
        return cls(
            words=query.get("q", "").replace("\x00", "").strip()[:200],
            state=wanted,
            only_problems=state == PROBLEMS,
            cause=_CAUSES.get(query.get("cause", "").upper()) if wanted == State.UNKNOWN else None,
            cloud=cloud if cloud in CloudChoice.values else "",
            tag=query.get("tag", "").replace("\x00", "").strip()[:40],
            connection=_uuid(query.get("connection", "")),
            group=next((group for group in groups if str(group.pk) == asked.removeprefix("-")), None),
            is_without_group=asked.startswith("-"),
            is_gone=query.get("gone") == "yes",
            sort=sort if sort in ORDERS else "health",
        )

    @property
    def is_narrow(self) -> bool:
        """Whether anything but the plain list of current customers was asked for."""
        return bool(
            self.words
            or self.state is not None
            or self.only_problems
            or self.cloud
            or self.tag
            or self.connection is not None
            or self.group is not None
            or self.is_gone
        )

    @property
    def group_key(self) -> str:
        return f"{'-' if self.is_without_group else ''}{self.group.pk}" if self.group is not None else ""

    def to_query(self) -> dict[str, str]:
        """The parameters of the address that asks for just this."""
        values = {
            "q": self.words,
            "state": PROBLEMS if self.only_problems else self.state.name.lower() if self.state is not None else "",
            "cause": "" if self.cause is None else self.cause or UNHEARD_OF,
            "cloud": self.cloud,
            "tag": self.tag,
            "connection": str(self.connection or ""),
            "group": self.group_key,
            "gone": "yes" if self.is_gone else "",
            "sort": self.sort if self.sort != "health" else "",
        }
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, kw_only=True, slots=True)
class Chip:
    """One narrowing of the list, and the address of the list without it."""

    label: str | Promise
    value: str | Promise
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What the filters offer."""

    tags: list[str]
    clouds: set[str]
    connections: list[Connection]


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """The customers that were asked for.

    Those in `late` are unknown now whatever is stored; the stored health of all others counts, so that an index sorts
    and filters them. Where `late` is None, everybody's health is worked out.
    """

    rows: CustomerQuerySet
    state: State | None
    only_problems: bool = False
    cause: str | None = None
    sort: str
    now: datetime
    late: list[int] | None

    def ordered(self) -> tuple[CustomerQuerySet, tuple[str, ...]]:
        """All rows at once with their health now, and the columns to order them by."""
        (rows,) = self._parts(late=None)
        return self._ranked(rows), ORDERS[self.sort]

    def page(self, mark: str) -> Page[Customer]:
        first, *others = (self._ranked(part) for part in self._parts(late=self.late))
        return page_of(first, also=others, order=ORDERS[self.sort], mark=mark)

    def count(self) -> int:
        """How many there are; COUNTED_TO + 1 stands for more."""
        is_by_health = self.state is not None or self.only_problems
        parts = self._parts(late=self.late) if is_by_health else [self.rows]
        return min(sum(part.order_by()[: COUNTED_TO + 1].count() for part in parts), COUNTED_TO + 1)

    def _parts(self, *, late: list[int] | None) -> list[CustomerQuerySet]:
        """The rows with `rank`, their health now: in one part, or with the late ones apart."""
        if late is None:
            rows = with_health_at(self.rows, now=self.now)
            parts = [rows.annotate(rank=F("health_now"))]
        elif not late:
            parts = [self.rows.annotate(rank=F("health"))]
        else:
            unknown = Value(State.UNKNOWN.value, output_field=SmallIntegerField())
            stored = self.rows.exclude(pk__in=late).annotate(rank=F("health"))
            parts = [stored, self.rows.filter(pk__in=late).annotate(rank=unknown)]
        if self.only_problems:
            return [part.filter(rank__lt=State.HEALTHY.value) for part in parts]
        if self.state is None:
            return parts
        if self.cause is not None:
            unknown_for_it = Q(("unknown_now", self.cause))
            parts = [with_health_at(part, now=self.now).filter(unknown_for_it) for part in parts]
        wanted = [part.filter(rank=self.state.value) for part in parts]
        return wanted if self.state == State.UNKNOWN else wanted[:1]

    def _ranked(self, rows: CustomerQuerySet) -> CustomerQuerySet:
        return with_health_at(rows, now=self.now).annotate(
            name_key=Upper("name"), read_key=Coalesce(F("health_read_at"), Value(NEVER))
        )


def listing_of(customers: CustomerQuerySet, *, chosen: CustomerFilter, now: datetime) -> Listing:
    rows = _narrowed(customers.filter(gone_at__isnull=not chosen.is_gone), chosen=chosen)
    late: list[int] | None = []
    if chosen.is_gone:
        late = None
    elif chosen.state is not None or chosen.only_problems or chosen.sort in {"health", "-health"}:
        late = ids_of_late(now=now)
    return Listing(
        rows=rows,
        state=chosen.state,
        only_problems=chosen.only_problems,
        cause=chosen.cause,
        sort=chosen.sort,
        now=now,
        late=late,
    )


def _narrowed(rows: CustomerQuerySet, *, chosen: CustomerFilter) -> CustomerQuerySet:
    for word in chosen.words.split():
        rows = rows.filter(_matches(word))
    if chosen.cloud:
        rows = rows.filter(cloud=chosen.cloud)
    if chosen.tag:
        rows = rows.filter(tags__contains=[chosen.tag])
    if chosen.connection is not None:
        rows = rows.filter(connection=chosen.connection)
    if chosen.group is not None:
        rows = (without if chosen.is_without_group else narrowed_to)(rows, [chosen.group])
    return rows


def choices_for(customers: CustomerQuerySet, *, connections: Iterable[Connection], with_tags: bool) -> Choices:
    """What there is to choose from; to read tags costs time, which a refresh of the list can spare."""
    columns = ("cloud", "tags") if with_tags else ("cloud",)
    rows = list(customers.order_by().values_list(*columns).distinct())  # few, and quicker told apart than single tags
    return Choices(
        tags=sorted({tag for _cloud, *tags in rows for tag in chain(*tags)}, key=str.casefold),
        clouds={row[0] for row in rows},
        connections=list(connections),
    )


def chips_of(chosen: CustomerFilter, *, connections: list[Connection]) -> Iterator[Chip]:
    """What narrows the list now, in words, each to be taken away with one click."""
    names = {connection.pk: connection.name for connection in connections}
    shown: list[tuple[str, str | Promise, str | Promise]] = [
        ("q", _("Search"), chosen.words),
        ("state", _("Health"), _word_for_state(chosen)),
        ("cause", _("Cause"), _word_for(chosen.cause)),
        ("cloud", _("Cloud"), CloudChoice(chosen.cloud).label if chosen.cloud else ""),
        ("tag", _("Tag"), chosen.tag),
        ("connection", _("Connection"), names.get(chosen.connection, "?") if chosen.connection else ""),
        (
            "group",
            _("Not in group") if chosen.is_without_group else _("Group"),
            chosen.group.name if chosen.group else "",
        ),
        ("gone", _("No longer listed"), _("yes") if chosen.is_gone else ""),
    ]
    for name, label, value in shown:
        if value:
            gone_too = {name, "cause"} if name == "state" else {name}
            rest = {other: asked for other, asked in chosen.to_query().items() if other not in gone_too}
            yield Chip(label=label, value=value, address=f"?{urlencode(rest)}" if rest else ".")


def _word_for_state(chosen: CustomerFilter) -> str | Promise:
    if chosen.only_problems:
        return _("not healthy")
    return chosen.state.label if chosen.state is not None else ""


def _word_for(cause: str | None) -> str | Promise:
    if cause is None:
        return ""
    return Feed.Problem(cause).label if cause else _("Unknown status")


def _matches(word: str) -> Q:
    """Name and domain by any part (pg_trgm), the tenant ID by its beginning (its index).

    "co" must not find everybody by the ".com" of onmicrosoft.com: such a word is looked for at the beginning only.
    """
    is_in_every_domain = any(word.lower() in ending for ending in INITIAL_ENDINGS)
    domain = Q(domain__istartswith=word) if is_in_every_domain else Q(domain__icontains=word)
    found = Q(name__icontains=word) | domain | Q(initial_domain__istartswith=word)
    digits = word.lower().replace("-", "")
    if _ID_START.fullmatch(digits):
        first, last = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
        found |= Q(tenant_id__gte=first, tenant_id__lte=last)
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
