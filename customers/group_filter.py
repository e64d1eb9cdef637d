"""Narrowing any list by groups of customers: `?group=3&group=5&not_group=7` in the address of its page."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from customers.access import visible_customers, visible_groups
from customers.groups import narrowed_to, without
from customers.models import CustomerGroup
from customers.models.customer import CustomerQuerySet

RowsT = TypeVar("RowsT", bound=QuerySet[Any])
GROUP, NOT_GROUP = "group", "not_group"


@dataclass(frozen=True, kw_only=True, slots=True)
class Chip:
    """One narrowing of a list, and the address of the list without it."""

    label: str | Promise
    value: str | Promise
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupFilter:
    """Customers of any group of `inside` and of none of `outside`; where neither names one, all of them.

    `known` are the groups that the person may name: others in an address are as if they were not there.
    """

    inside: tuple[CustomerGroup, ...] = ()
    outside: tuple[CustomerGroup, ...] = ()
    known: tuple[CustomerGroup, ...] = ()

    @classmethod
    def from_query(cls, query: QueryDict, *, user: User) -> "GroupFilter":
        return cls.of(query, known=tuple(visible_groups(user)))

    @classmethod
    def of(cls, query: QueryDict, *, known: tuple[CustomerGroup, ...]) -> "GroupFilter":
        """For whoever reads many addresses: the groups that the person may name are read once."""
        inside, outside = set(query.getlist(GROUP)), set(query.getlist(NOT_GROUP))
        return cls(
            inside=tuple(group for group in known if str(group.pk) in inside),
            outside=tuple(group for group in known if str(group.pk) in outside),
            known=known,
        )

    @property
    def is_set(self) -> bool:
        return bool(self.inside or self.outside)

    def narrow(self, customers: CustomerQuerySet) -> CustomerQuerySet:
        if self.inside:
            customers = narrowed_to(customers, self.inside)
        return without(customers, self.outside) if self.outside else customers

    def narrow_rows(self, rows: RowsT, *, user: User) -> RowsT:
        """Rows that hang on a customer: those of the customers that are left."""
        return rows.filter(customer__in=self.customers_of(user).values("pk")) if self.is_set else rows

    def customers_of(self, user: User) -> CustomerQuerySet:
        """The customers that are left of those this person may see, in no order."""
        return self.narrow(visible_customers(user)).order_by()

    def to_query(self) -> dict[str, list[str]]:
        """The parameters of the address that asks for just this."""
        values = {GROUP: self.inside, NOT_GROUP: self.outside}
        return {name: [str(group.pk) for group in groups] for name, groups in values.items() if groups}

    def words(self) -> Iterator[tuple[str, str, str | Promise, str]]:
        """Of each group: parameter, value, what it does to the list, and its name."""
        for group in self.inside:
            yield GROUP, str(group.pk), _("Group"), group.name
        for group in self.outside:
            yield NOT_GROUP, str(group.pk), _("Not in group"), group.name


def address_without(asked: Mapping[str, Iterable[str] | str], *, taken: Mapping[str, str | None]) -> str:
    """The address of the list without these parameters; of one with a value, only that value goes."""
    rest = [
        (name, value)
        for name, given in asked.items()
        for value in ([given] if isinstance(given, str) else given)
        if name not in taken or taken[name] not in (None, value)
    ]
    return f"?{urlencode(rest)}" if rest else "."


def group_chips(groups: GroupFilter, *, asked: Mapping[str, Iterable[str] | str]) -> Iterator[Chip]:
    """A chip for each group that narrows the list now; `asked` are all parameters of its address."""
    for name, value, label, word in groups.words():
        yield Chip(label=label, value=word, address=address_without(asked, taken={name: value}))
