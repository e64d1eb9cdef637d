"""Names of new relationships by a pattern: short enough, and each one only once among all of the partner's."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from customers.gdap.rules import LONGEST_NAME
from customers.models import Connection, Relationship

PLACE = "{customer}"
DEFAULT_PATTERN = "Support {customer}"


def names_for(pattern: str, *, customers: Sequence[str], connections: Sequence[Connection]) -> list[str]:
    """A name for each of the customers; a number is added where the name is taken. One statement."""
    taken: dict[Any, set[str]] = defaultdict(set)
    known = Relationship.objects.filter(connection__in=set(connections)).values_list("connection", "name")
    for connection, name in known:
        taken[connection].add(name.casefold())
    names = []
    for customer, way in zip(customers, connections, strict=True):
        name = _free(_filled(pattern, customer=customer), taken=taken[way.pk])
        taken[way.pk].add(name.casefold())
        names.append(name)
    return names


def _filled(pattern: str, *, customer: str) -> str:
    """The customer's name is cut, never our own words, as far as there is room."""
    words = " ".join((pattern or DEFAULT_PATTERN).split())
    if PLACE not in words:
        return words[:LONGEST_NAME]
    room = max(LONGEST_NAME - len(words.replace(PLACE, "")), 0)
    return words.replace(PLACE, " ".join(customer.split())[:room].strip(), 1).replace(PLACE, "")[:LONGEST_NAME].strip()


def _free(name: str, *, taken: set[str]) -> str:
    number, found = 1, name
    while found.casefold() in taken:
        number += 1
        tail = f" {number}"
        found = f"{name[: LONGEST_NAME - len(tail)].rstrip()}{tail}"
    return found
