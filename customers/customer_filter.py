"""What a person asks of a list of customers: read from its address, shown as chips, and written as an address again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from customers.columns import Layout
from customers.group_filter import Chip, GroupFilter, address_without, group_chips
from customers.models import CloudChoice, Connection, Consent, Feed, State, Tier
from customers.models.customer import CustomerQuerySet

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


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerFilter:
    """What to show; every field comes from the address, and nonsense in it is as if it were not there."""

    words: str = ""
    state: State | None = None
    only_problems: bool = False  # everything that is not healthy; `state` is then None
    cloud: str = ""
    tag: str = ""
    connection: UUID | None = None
    groups: GroupFilter = field(default_factory=GroupFilter)
    favorites_of: int | None = None  # the person whose favorites are asked for
    tier: str = ""
    only_vip: bool = False
    owner: int | None = None  # the one of us who looks after them
    consent: str = ""  # to our application: a Consent.State
    is_gone: bool = False
    cause: str | None = None  # why it is unknown: a Feed.Problem, or "" where a status is unheard of
    sort: str = "health"
    layout: Layout = field(default_factory=Layout)

    @classmethod
    def from_query(cls, query: QueryDict, *, user: User) -> "CustomerFilter":
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
            groups=GroupFilter.from_query(query, user=user),
            favorites_of=user.pk if query.get("favorite") == "yes" else None,
            tier=query.get("tier", "") if query.get("tier", "") in Tier.values else "",
            only_vip=query.get("vip") == "yes",
            owner=_number(query.get("owner", "")),
            consent=query.get("consent", "") if query.get("consent", "") in Consent.State.values else "",
            is_gone=query.get("gone") == "yes",
            sort=sort if sort in ORDERS else "health",
            layout=Layout.from_query(query),
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
            or self.groups.is_set
            or self.favorites_of is not None
            or self.tier
            or self.only_vip
            or self.owner is not None
            or self.consent
            or self.is_gone
        )

    def to_query(self) -> dict[str, str | list[str]]:
        """The parameters of the address that asks for just this."""
        values: dict[str, str | list[str]] = {
            "q": self.words,
            "state": PROBLEMS if self.only_problems else self.state.name.lower() if self.state is not None else "",
            "cause": "" if self.cause is None else self.cause or UNHEARD_OF,
            "cloud": self.cloud,
            "tag": self.tag,
            "connection": str(self.connection or ""),
            **self.groups.to_query(),
            "favorite": "yes" if self.favorites_of is not None else "",
            "tier": self.tier,
            "vip": "yes" if self.only_vip else "",
            "owner": str(self.owner or ""),
            "consent": self.consent,
            "gone": "yes" if self.is_gone else "",
            "sort": self.sort if self.sort != "health" else "",
            **self.layout.to_query(),
        }
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What the filters offer."""

    tags: list[str]
    clouds: set[str]
    connections: list[Connection]
    owners: list[tuple[int, str]]  # of us, who look after some of the customers


def choices_for(customers: CustomerQuerySet, *, connections: Iterable[Connection], with_tags: bool) -> Choices:
    """What there is to choose from; to read tags costs time, which a refresh of the list can spare."""
    columns = ("cloud", "owner", "owner__name", "tags")[: 4 if with_tags else 3]
    rows = list(customers.order_by().values_list(*columns).distinct())  # few, and quicker told apart than single tags
    owners = {owner: name for _cloud, owner, name, *_tags in rows if owner}
    return Choices(
        tags=sorted({tag for *_others, tags in rows for tag in tags}, key=str.casefold) if with_tags else [],
        clouds={row[0] for row in rows},
        connections=list(connections),
        owners=sorted(owners.items(), key=lambda owner: (owner[1].casefold(), owner[0])),
    )


def chips_of(
    chosen: CustomerFilter,
    *,
    connections: list[Connection],
    owners: Iterable[tuple[int, str]] = (),
    also: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Chip]:
    """What narrows the list now, in words, each to be taken away with one click; `also` stays in every address."""
    names = {connection.pk: connection.name for connection in connections}
    people = dict(owners)
    shown: list[tuple[str, str | Promise, str | Promise]] = [
        ("q", _("Search"), chosen.words),
        ("state", _("Health"), _word_for_state(chosen)),
        ("cause", _("Cause"), _word_for(chosen.cause)),
        ("cloud", _("Cloud"), CloudChoice(chosen.cloud).label if chosen.cloud else ""),
        ("tag", _("Tag"), chosen.tag),
        ("connection", _("Connection"), names.get(chosen.connection, "?") if chosen.connection else ""),
        ("favorite", _("Favorites"), _("yes") if chosen.favorites_of is not None else ""),
        ("tier", _("Support tier"), Tier(chosen.tier).label if chosen.tier else ""),
        ("vip", _("VIP"), _("yes") if chosen.only_vip else ""),
        ("owner", _("Owner"), people.get(chosen.owner, "?") if chosen.owner else ""),
        ("consent", _("Consent"), Consent.State(chosen.consent).label if chosen.consent else ""),
        ("gone", _("No longer listed"), _("yes") if chosen.is_gone else ""),
    ]
    asked = {**chosen.to_query(), **also}
    for name, label, value in shown:
        if value:
            taken = {name: None, "cause": None} if name == "state" else {name: None}
            yield Chip(label=label, value=value, address=address_without(asked, taken=taken))
    yield from group_chips(chosen.groups, asked=asked)


def _word_for_state(chosen: CustomerFilter) -> str | Promise:
    if chosen.only_problems:
        return _("not healthy")
    return chosen.state.label if chosen.state is not None else ""


def _word_for(cause: str | None) -> str | Promise:
    if cause is None:
        return ""
    return Feed.Problem(cause).label if cause else _("Unknown status")


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
