"""Each line that narrows what a person sees is taken away in turn, and each time somebody sees something else."""

import ast
import copy
import importlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from types import ModuleType
from typing import Any, cast

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from customers.group_filter import GroupFilter
from customers.models import Customer, Feed, State
from customers.models.customer import CustomerQuerySet
from health.models import Exposure
from tests.rights.conftest import Trade, give_scope, make_connection, make_customer, make_issue

People = dict[str, User]
Watch = Callable[[ModuleType, People, Trade], Any]
GUARDS = {"of_visible_customers", "narrowed_to", "without"}


class _Without(ast.NodeTransformer):
    """Takes the n-th narrowing away: an `if` vanishes, a guard or a filter gives back what it was to narrow."""

    def __init__(self, nth: int, *, filters: bool) -> None:
        self.left, self.filters, self.line = nth, filters, 0

    def _is_it(self, node: ast.AST) -> bool:
        self.left -= 1
        if self.left == -1:
            self.line = getattr(node, "lineno", 0)
        return self.left == -1

    def visit_If(self, node: ast.If) -> ast.AST:
        if self.filters and not node.orelse and self._is_it(node):
            return ast.Pass()
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id in GUARDS and self._is_it(node):
            return node.args[0]
        is_filter = isinstance(node.func, ast.Attribute) and node.func.attr in {"filter", "exclude"}
        if self.filters and is_filter and self._is_it(node):
            return cast(ast.Attribute, node.func).value
        return self.generic_visit(node)


def mutants(name: str, *, filters: bool = True) -> Iterator[tuple[int, ModuleType]]:
    """The module without one of its narrowings, for each of them, with the line where it stands."""
    module = importlib.import_module(name)
    with open(str(module.__file__)) as file:
        tree = ast.parse(file.read())
    for nth in range(100):
        without = _Without(nth, filters=filters)
        changed = ast.fix_missing_locations(without.visit(copy.deepcopy(tree)))
        if without.left >= 0:
            return
        mutant = ModuleType(f"{name}_without_{nth}")
        exec(compile(changed, mutant.__name__, "exec"), mutant.__dict__)
        yield without.line, mutant


@pytest.fixture
def people(trade: Trade) -> People:
    """Who sees nothing, everything, only the north, and all but the south."""

    def person(name: str, role: Role = Role.VIEWER) -> User:
        return User.objects.create_local(f"{name}@partner.example", name=name, role=role, password="x" * 20)

    other = make_connection("Other")
    Customer.objects.filter(pk=trade.foreign.pk).update(connection=other, health=State.UNKNOWN)
    Customer.objects.filter(pk=trade.own.pk).update(health=State.UNKNOWN)
    Feed.objects.filter(customer=trade.foreign).update(read_at=timezone.now() - timedelta(days=2))
    loose = make_customer("Loose", tags=["north"])
    trade.north.left_out.add(loose)
    trade.north.words, trade.north.clouds = "north", ["global"]
    trade.north.connections = [key for key in (trade.own.connection_id,) if key]
    trade.north.save()
    make_customer("Northcloud", tags=["north"], cloud="china", connection=trade.own.connection)
    make_customer("Southwind", tags=["north"], connection=trade.own.connection)
    make_customer("Northtag", connection=trade.own.connection)
    make_customer("Northelse", tags=["north"], connection=other)
    trade.south.added.add(make_customer("Handpicked"))
    moved = make_issue("EX4", hits=[trade.own, trade.foreign])
    Exposure.objects.filter(issue=moved, customer=trade.own).update(cleared_at=timezone.now())
    return {
        "nobody": person("nobody", Role.NONE),
        "all": person("all"),
        "north": give_scope(person("north"), User.Sees.ONLY, trade.north),
        "not south": give_scope(person("not-south"), User.Sees.ALL_EXCEPT, trade.south),
    }


def _found(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Http404:
        return "404"
    except Exception as error:
        return type(error).__name__


LOOKS: tuple[Callable[[ModuleType, User, Trade, datetime], Any], ...] = (
    lambda access, person, trade, now: sorted(row.name for row in access.visible_customers(person)),
    lambda access, person, trade, now: sorted(
        row.pk for row in access.of_visible_customers(Feed.objects.all(), user=person)
    ),
    lambda access, person, trade, now: [row.name for row in access.visible_groups(person)],
    lambda access, person, trade, now: [row.name for row in access.visible_connections(person)],
    lambda access, person, trade, now: str(access.get_customer(person, trade.own.tenant_id)),
    lambda access, person, trade, now: str(access.get_customer(person, trade.foreign.tenant_id)),
    lambda access, person, trade, now: str(access.get_customer_at(person, trade.own.tenant_id, now=now)),
    lambda access, person, trade, now: str(access.get_customer_at(person, trade.foreign.tenant_id, now=now)),
)


def watch_access(access: ModuleType, people: People, trade: Trade) -> Any:
    """What each of them sees, and what it costs who sees everybody."""
    now, everybody = timezone.now(), User.objects.get(pk=people["all"].pk)
    with CaptureQueriesContext(connection) as cost:
        list(access.visible_customers(everybody))
        list(access.visible_groups(everybody))
        list(access.visible_connections(everybody))
        list(access.of_visible_customers(Feed.objects.all(), user=everybody))
    return [query["sql"] for query in cost.captured_queries], [
        [_found(partial(look, access, person, trade, now)) for look in LOOKS] for person in people.values()
    ]


def watch_groups(groups: ModuleType, people: People, trade: Trade) -> Any:
    everyone = CustomerQuerySet(Customer)
    return [
        sorted(row.name for row in narrow(everyone, chosen))
        for narrow in (groups.narrowed_to, groups.without)
        for chosen in ([trade.north], [trade.south], [trade.north, trade.south], [])
    ]


def watch_health(queries: ModuleType, people: People, trade: Trade) -> Any:
    now = timezone.now()
    shown = (trade.shared_issue, trade.own_issue, trade.foreign_issue)
    return [
        [
            sorted(queries.visible_issues(person).values_list("microsoft_id", "hit_customers")),
            sorted(queries.open_issues(person).values_list("microsoft_id", flat=True)),
            sorted(queries.unlisted_issues(person).values_list("microsoft_id", flat=True)),
            [
                sorted(
                    queries.hitting(
                        queries.visible_issues(person),
                        groups=GroupFilter(inside=(group,), known=(group,)),
                        user=person,
                        only_now=only_now,
                    ).values_list("microsoft_id", flat=True)
                )
                for group in (trade.north, trade.south)
                for only_now in (True, False)
            ],
            sorted(queries.unknown_hits(person, issues=shown, now=now).items()),
            sorted(row.pk for row in queries.visible_exposures(person, now=now)),
            sorted(row.pk for row in queries.visible_service_states(person, now=now)),
        ]
        for person in people.values()
    ]


@pytest.mark.parametrize(
    ("name", "watch", "filters"),
    [
        ("customers.access", watch_access, True),
        ("customers.groups", watch_groups, True),
        ("health.queries", watch_health, False),
    ],
)
def test_no_narrowing_can_be_taken_away_unseen(
    name: str, watch: Watch, filters: bool, people: People, trade: Trade
) -> None:
    whole = watch(importlib.import_module(name), people, trade)
    seen = {line: watch(mutant, people, trade) != whole for line, mutant in mutants(name, filters=filters)}

    assert len(seen) >= 5
    assert [f"{name}:{line}" for line, is_seen in seen.items() if not is_seen] == []
