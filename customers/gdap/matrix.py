"""The capability matrix as it is stored: customers down, jobs across, the worst first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce, Upper
from django.urls import reverse

from csp_portal.accounts.models import User
from csp_portal.keyset import Page, page_of
from customers.access import visible_customers
from customers.customer_filter import CustomerFilter
from customers.gdap.capabilities import JOBS, Job
from customers.gdap.reckon import UNKNOWN, Cause, Color
from customers.listing import listing_of
from customers.models import Connection, Customer, GroupMember
from customers.models.customer import CustomerQuerySet

ORDER = ("-reds", "-ambers", "name_key", "id")
_OWN_JOBS = [job for job in JOBS if not job.takes_consent]  # what a person does, not our application


@dataclass(frozen=True, kw_only=True, slots=True)
class AbilityFilter:
    """`customers` narrows the rows, `job` leaves one column, `cause` what is broken, `mine` asks for one of us."""

    customers: CustomerFilter
    job: str = ""
    cause: str = ""
    shows_all: bool = False
    mine: bool = False

    def to_query(self) -> dict[str, str | list[str]]:
        own = {
            "job": self.job,
            "cause": self.cause,
            "show": "all" if self.shows_all else "",
            "mine": "yes" if self.mine else "",
        }
        return {**self.customers.to_query(), **{name: value for name, value in own.items() if value}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Whose:
    """The one of us who is asked about: the connections where we know them, and their groups, both by key."""

    connections: frozenset[UUID]
    groups: frozenset[int]


class Cell(NamedTuple):
    """Plain values, because a page holds hundreds of them."""

    job: str
    cause: str

    @property
    def color(self) -> Color:
        return color_of(self.cause)


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixRow:
    customer: Any
    address: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    jobs: tuple[Job, ...]
    rows: tuple[MatrixRow, ...]


def color_of(cause: str) -> Color:
    if not cause:
        return Color.GREEN
    return Color.AMBER if cause in UNKNOWN else Color.RED


def whose(user: User) -> Whose:
    """Who signed in with a password is known nowhere."""
    if user.microsoft_object_id is None or user.microsoft_tenant_id is None:
        return Whose(connections=frozenset(), groups=frozenset())
    homes = Connection.objects.filter(partner_tenant_id=user.microsoft_tenant_id).values_list("pk", flat=True)
    connections = frozenset(homes)
    mine = GroupMember.objects.filter(object_id=user.microsoft_object_id, group__connection__in=connections)
    return Whose(connections=connections, groups=frozenset(mine.values_list("group_id", flat=True)))


def customers_of(user: User, chosen: AbilityFilter, *, now: datetime, me: Whose | None) -> CustomerQuerySet:
    """The customers that the filter leaves, each with its stored row where it has one."""
    narrowed = _narrowed(user, chosen, now=now)
    if chosen.cause:
        narrowed = narrowed.filter(_with_cause(chosen, me=me))
    elif not chosen.shows_all:
        narrowed = narrowed.filter(_troubled(chosen, me=me))
    return narrowed.select_related("reckoning").annotate(
        reds=Coalesce(F("reckoning__reds"), 0),
        ambers=Coalesce(F("reckoning__ambers"), len(JOBS)),
        name_key=Upper("name"),
    )


def page_of_matrix(user: User, chosen: AbilityFilter, *, now: datetime, me: Whose | None, mark: str) -> Page[Customer]:
    return page_of(customers_of(user, chosen, now=now, me=me), order=ORDER, mark=mark)


def draw_matrix(customers: Iterable[Any], *, chosen: AbilityFilter, me: Whose | None) -> Matrix:
    """Without `shows_all` only jobs that cannot be done at one of these customers, or at none for sure."""
    known = {customer.pk: causes_of(customer, me=me) for customer in customers}
    jobs = [job for job in JOBS if not chosen.job or job.key == chosen.job]
    if not chosen.job and not chosen.shows_all:
        jobs = [job for job in jobs if any(causes[job.key] for causes in known.values())]
    rows = (
        MatrixRow(
            customer=customer,
            address=reverse("gdap:abilities", args=[customer.tenant_id]),
            cells=tuple(Cell(job=job.key, cause=known[customer.pk][job.key]) for job in jobs),
        )
        for customer in customers
    )
    return Matrix(jobs=tuple(jobs), rows=tuple(rows))


def causes_of(customer: Any, *, me: Whose | None) -> Mapping[str, str]:
    """Of each job the cause, empty where it is possible; what was not reckoned yet is not known."""
    row = getattr(customer, "reckoning", None)
    stored = dict(cell.split(":", 1) for cell in row.cells) if row else {}
    causes = {job.key: stored.get(job.key, Cause.NOT_READ.value) for job in JOBS}
    if me is None or row is None:
        return causes
    ways = set(row.ways)
    for job in _OWN_JOBS:
        if not causes[job.key]:
            if customer.connection_id not in me.connections:
                causes[job.key] = Cause.PERSON_UNKNOWN.value
            elif not any(f"{job.key}:{group}" in ways for group in me.groups):
                causes[job.key] = Cause.NOT_IN_GROUP.value
    return causes


def count_causes(user: User, chosen: AbilityFilter, *, now: datetime, me: Whose | None) -> dict[Cause, int]:
    """Of the customers that the other filters leave, how many have each cause; one statement."""
    everyone = _narrowed(user, chosen, now=now)
    counts = {str(cause): Count("pk", filter=_with_cause(replace(chosen, cause=cause.value), me=me)) for cause in Cause}
    found = everyone.order_by().aggregate(**counts)
    return {cause: found[str(cause)] for cause in Cause if found[str(cause)]}


def _narrowed(user: User, chosen: AbilityFilter, *, now: datetime) -> CustomerQuerySet:
    plain = replace(chosen.customers, state=None, only_problems=False, cause=None, is_gone=False, sort="name")
    return listing_of(visible_customers(user), chosen=plain, now=now).rows


def _troubled(chosen: AbilityFilter, *, me: Whose | None) -> Q:
    if chosen.job:
        found = ~Q(reckoning__cells__contains=[f"{chosen.job}:"])
    else:
        found = Q(reckoning__isnull=True) | Q(reckoning__reds__gt=0) | Q(reckoning__ambers__gt=0)
    return found if me is None else found | _not_mine(chosen.job, me=me)


def _with_cause(chosen: AbilityFilter, *, me: Whose | None) -> Q:
    cause = chosen.cause
    if chosen.job:
        found = Q(reckoning__cells__contains=[f"{chosen.job}:{cause}"])
    else:
        found = Q(reckoning__causes__contains=[cause])
    if cause == Cause.NOT_READ:
        found |= Q(reckoning__isnull=True)
    if me is None or cause not in (Cause.NOT_IN_GROUP, Cause.PERSON_UNKNOWN):
        return found
    is_home = Q(connection__in=me.connections)
    return found | (_not_mine(chosen.job, me=me) & (is_home if cause == Cause.NOT_IN_GROUP else ~is_home))


def _not_mine(job: str, *, me: Whose) -> Q:
    """Something that we can do here, but not this one of us, or not for sure."""
    found = Q(pk__in=())
    for own in _OWN_JOBS:
        if job in ("", own.key):
            ways = [f"{own.key}:{group}" for group in sorted(me.groups)]
            mine = Q(reckoning__ways__overlap=ways, connection__in=me.connections) if ways else Q(pk__in=())
            found |= Q(reckoning__cells__contains=[f"{own.key}:"]) & ~mine
    return found
