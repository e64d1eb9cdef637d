"""What if: which cells of the matrix turn red once relationships end, roles leave them, or a group loses its own."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from uuid import UUID

from customers.gdap.capabilities import JOBS, Job
from customers.gdap.facts import Facts, Grant, Held
from customers.gdap.gather import facts_of
from customers.gdap.reckon import Cell, Color, cell_of
from customers.models import GLOBAL_ADMINISTRATOR, Customer, Order, Relationship

BATCH = 500
MOST = 5000  # relationships looked at for one answer
_Action = Order.Action
ENDING = frozenset({_Action.TERMINATE, _Action.DELETE})
TAKING = frozenset(
    {*ENDING, _Action.REMOVE_GLOBAL_ADMINISTRATOR, _Action.UNASSIGN, _Action.CHANGE_ASSIGNMENT, _Action.DO_NOT_EXTEND}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What is to be done to relationships, by key; `role_ids` are those that the group keeps, or that are removed."""

    action: str
    relationships: frozenset[int]
    group_id: UUID | None = None
    role_ids: frozenset[UUID] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """A job that we can do at this customer now, and could not any more."""

    customer: Customer
    job: Job
    cell: Cell


def losses_of(change: Change, *, relationships: Iterable[Relationship], now: datetime) -> tuple[list[Loss], int]:
    """Of the customers of these relationships, the cells that turn from green; by customer's name, then by job.

    Then how many customers there are of which nobody knows today whether something would be lost.
    """
    customers = {row.customer_id: row.customer for row in relationships if row.customer_id and row.customer}
    ids = iter(customers)
    found: list[Loss] = []
    unread: set[int] = set()
    while batch := list(islice(ids, BATCH)):
        for pk, facts in facts_of(batch, now=now).items():
            customer = customers[pk]
            after = changed(facts, change)
            for job in JOBS:
                before = cell_of(job, facts=facts, now=now)
                cell = cell_of(job, facts=after, now=now)
                if before.color == Color.GREEN and cell.color != Color.GREEN and customer:
                    found.append(Loss(customer=customer, job=job, cell=cell))
                elif before.color == Color.AMBER and cell.color == Color.RED:
                    unread.add(pk)
    return sorted(found, key=lambda loss: (loss.customer.name.casefold(), loss.customer.pk)), len(unread)


def by_job(losses: Iterable[Loss]) -> Mapping[Job, int]:
    """How many customers lose each job."""
    counts: dict[Job, int] = defaultdict(int)
    for loss in losses:
        counts[loss.job] += 1
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))


def changed(facts: Facts, change: Change) -> Facts:
    """The facts as they would be."""
    grants = (_changed(grant, change) if grant.pk in change.relationships else grant for grant in facts.grants)
    return replace(facts, grants=tuple(grant for grant in grants if grant is not None))


def _changed(grant: Grant, change: Change) -> Grant | None:
    if change.action in ENDING:
        return None
    if change.action == _Action.REMOVE_GLOBAL_ADMINISTRATOR:
        return _without(grant, frozenset({UUID(GLOBAL_ADMINISTRATOR)}))
    if change.action == _Action.DO_NOT_EXTEND:
        return replace(grant, auto_extends=False)
    if change.action in (_Action.UNASSIGN, _Action.CHANGE_ASSIGNMENT) and grant.assignments is not None:
        kept = change.role_ids if change.action == _Action.CHANGE_ASSIGNMENT else frozenset[UUID]()
        held = (_kept(held, kept) if held.group.group_id == change.group_id else held for held in grant.assignments)
        return replace(grant, assignments=tuple(one for one in held if one is not None))
    return grant


def _without(grant: Grant, roles: frozenset[UUID]) -> Grant:
    held = grant.assignments
    if held is not None:
        held = tuple(replace(one, role_ids=one.role_ids - roles) for one in held)
    return replace(grant, role_ids=grant.role_ids - roles, assignments=held)


def _kept(held: Held, roles: frozenset[UUID]) -> Held | None:
    return replace(held, role_ids=roles) if roles else None
