"""Whom and what the cells of an imported row can name: read once, asked for every row."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self, TypeVar

from csp_portal.accounts.models import User
from customers.access import visible_customers
from customers.models import Customer
from health.models import Service
from support.models import Queue
from support.ticket_forms import people_of_the_desk

RowT = TypeVar("RowT", Customer, Service, Queue, User)
_COLUMNS = ("id", "tenant_id", "cloud", "name", "domain", "initial_domain")


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """Rows by each word that names them, folded; a word that names two names neither."""

    customers: dict[str, set[Customer]]
    services: dict[str, set[Service]]
    queues: dict[str, set[Queue]]
    people: dict[str, set[User]]

    @classmethod
    def to(cls, user: User) -> Self:
        """What this person may name: customers by tenant ID, domain or name, people by mail address or name."""
        customers = visible_customers(user).filter(gone_at__isnull=True).only(*_COLUMNS)
        named = ((row, (str(row.tenant_id), row.domain, row.initial_domain, row.name)) for row in customers)
        people = people_of_the_desk()
        return cls(
            customers=_by_word(named),
            services=_by_word((row, (row.name, row.microsoft_id)) for row in Service.objects.all()),
            queues=_by_word((row, (row.name,)) for row in Queue.objects.filter(is_used=True)),
            people=_by_word((row, (row.email, row.name)) for row in people),
        )


def _by_word(named: Iterable[tuple[RowT, tuple[str, ...]]]) -> dict[str, set[RowT]]:
    found: dict[str, set[RowT]] = defaultdict(set)
    for row, words in named:
        for word in filter(None, words):
            found[word.casefold()].add(row)
    return found
