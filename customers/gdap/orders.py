"""Orders of people to change delegated administration: placing, starting, stopping and resuming them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action as Act
from csp_portal.audit.log import record
from customers.gdap.granted import by_group
from customers.gdap.outcome import Outcome, outcome_of, picture_of
from customers.gdap.rules import why_not
from customers.gdap.telling import why_not_before_telling
from customers.models import AccessAssignment, Connection, Customer, Order, OrderItem, Relationship, StopSwitch
from customers.writes import read_switch, why_stopped

State = OrderItem.State
OPEN_STATES = (State.WAITING, State.SENDING, State.FOLLOWING)
AGAIN_STATES = (State.FAILED, State.UNCERTAIN)
_LOCK = 0x4F524452  # "ORDR": one order is started at a time, so that two never take the same relationship


class OrderRefused(Exception):
    """This step is not possible now; the sentence says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewItem:
    """One row to be ordered, which the caller has made sure the person may see."""

    connection: Connection
    customer: Customer | None = None
    relationship: Relationship | None = None
    assignment: AccessAssignment | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


def preview_items(
    action: str, *, items: Sequence[NewItem], parameters: Mapping[str, Any], is_complete: bool = True
) -> list[OrderItem]:
    """The rows as they would be stored, each with what is refused and why; nothing is stored.

    While the parameters are not complete, only what no parameter could mend is refused.
    """
    order = Order(action=action, parameters=dict(parameters))
    switch, names = read_switch(), _NamesTaken(action, items=items, parameters=parameters)
    held = _held_groups(action, items=items, parameters=parameters)
    return [
        _item(order, new, position=place, switch=switch, names=names, held=held, is_complete=is_complete)
        for place, new in enumerate(items, start=1)
    ]


@transaction.atomic
def place_order(
    action: str,
    *,
    items: Sequence[NewItem],
    by: User,
    reason: str,
    parameters: Mapping[str, Any],
    now: datetime,
) -> Order:
    """A draft with a row for each item; what Microsoft would refuse is refused already, with the reason."""
    order = Order.objects.create(
        action=action,
        parameters=dict(parameters),
        reason=reason[:300],
        era=read_switch().era,
        ordered_by=by,
        created_at=now,
    )
    rows = preview_items(action, items=items, parameters=parameters)
    for row in rows:
        row.order = order
        row.ended_at = now if row.state != State.WAITING else None
    OrderItem.objects.bulk_create(rows, batch_size=1000)
    refused = sum(row.state == State.REFUSED for row in rows)
    told = {"action": action, "rows": len(rows), "refused": refused, "reason": reason, "parameters": dict(parameters)}
    record(Act.ORDER_PLACED, by=by, about=order, customer=_only_customer(items), after=told)
    return order


@transaction.atomic
def start_order(order: Order, *, by: User, now: datetime) -> None:
    """Let the workers have it; a relationship that another order is still changing is left out, with the reason."""
    row = _locked(order, states=(Order.State.DRAFT,))
    _refuse_stopped()
    if not_told := why_not_before_telling(row, now=now):
        raise OrderRefused(not_told)
    words = _("Another order is still changing this relationship. Order it anew when that has ended.")
    left_out = _busy(row, states=(State.WAITING,)).update(state=State.REFUSED, problem=words, ended_at=now)
    row.items.filter(state=State.WAITING).update(due_at=Now())
    row.state, row.era, row.started_at = Order.State.RUNNING, read_switch().era, now
    row.started_by = by
    row.save(update_fields=["state", "era", "started_at", "started_by"])
    record(Act.ORDER_STARTED, by=by, about=row, after={"left_out": left_out})
    end_if_over(Order.objects.filter(pk=row.pk), now=now)
    order.refresh_from_db()


@transaction.atomic
def stop_order(order: Order, *, by: User | None, now: datetime, because: str = "") -> None:
    """Nothing more of it is taken; what Microsoft may have got already is followed to its end."""
    row = _locked(order, states=(Order.State.RUNNING,))
    row.items.filter(state=State.WAITING).update(state=State.STOPPED, problem=because[:500])
    row.state, row.ended_at = Order.State.STOPPED, now
    row.save(update_fields=["state", "ended_at"])
    record(Act.ORDER_STOPPED, by=by, about=row, after={"because": because} if because else None)
    order.refresh_from_db()


@transaction.atomic
def resume_order(order: Order, *, by: User, now: datetime) -> None:
    """Go on with what was not done; the person has looked at it, so the stop switch's present era counts."""
    row = _locked(order, states=(Order.State.STOPPED,))
    _run_again(row, states=(State.STOPPED,), by=by)
    record(Act.ORDER_RESUMED, by=by, about=row)
    end_if_over(Order.objects.filter(pk=row.pk), now=now)
    order.refresh_from_db()


@transaction.atomic
def retry_failed(order: Order, *, by: User) -> int:
    """Try what was set aside once more; what Microsoft may have got is looked at before anything is sent."""
    row = _locked(order, states=(Order.State.RUNNING, Order.State.STOPPED, Order.State.DONE))
    if row.items.filter(state=State.STOPPED).exists():
        raise OrderRefused(_("Let the order go on first; then what was set aside can be tried again."))
    count = _run_again(row, states=AGAIN_STATES, by=by)
    record(Act.ORDER_RESUMED, by=by, about=row, after={"tried_again": count})
    order.refresh_from_db()
    return count


@transaction.atomic
def discard_order(order: Order, *, by: User) -> None:
    """Throw a draft away; the audit keeps that it was there."""
    row = _locked(order, states=(Order.State.DRAFT,))
    record(Act.ORDER_DISCARDED, by=by, about=row)
    row.delete()


@transaction.atomic
def approve_order(order: Order, *, by: User) -> None:
    """A second person lifts the ceiling of writes an hour for this order."""
    row = _locked(order, states=(Order.State.DRAFT, Order.State.RUNNING, Order.State.STOPPED))
    if row.ordered_by_id == by.pk:
        raise OrderRefused(_("Somebody else than the person who ordered it has to approve."))
    if row.approved_by_id is None:
        row.approved_by = by
        row.save(update_fields=["approved_by"])
        row.items.filter(state=State.WAITING).update(due_at=Now())
        record(Act.ORDER_APPROVED, by=by, about=row)
    order.refresh_from_db()


def end_if_over(orders: QuerySet[Order], *, now: datetime) -> int:
    """Say of running orders without anything left to do that they are done."""
    left = OrderItem.objects.filter(order=OuterRef("pk"), state__in=OPEN_STATES)
    over = orders.filter(state=Order.State.RUNNING).exclude(Exists(left))
    return over.update(state=Order.State.DONE, ended_at=now)


class _NamesTaken:
    """Which names the partner's relationships have, and those that earlier rows of the same order will have."""

    def __init__(self, action: str, *, items: Sequence[NewItem], parameters: Mapping[str, Any]) -> None:
        self._by_connection: dict[Any, set[str]] = defaultdict(set)
        if action not in (Order.Action.CREATE, Order.Action.EDIT):
            return
        wanted = {str({**parameters, **new.parameters}.get("name", "")) for new in items}
        known = Relationship.objects.filter(connection__in={new.connection for new in items}, name__in=wanted)
        for connection, name in known.values_list("connection", "name"):
            self._by_connection[connection].add(name)

    def of(self, new: NewItem) -> set[str]:
        return self._by_connection[new.connection.pk]

    def take(self, new: NewItem, *, name: str) -> None:
        self._by_connection[new.connection.pk].add(name)


def _item(
    order: Order,
    new: NewItem,
    *,
    position: int,
    switch: StopSwitch,
    names: _NamesTaken,
    held: Mapping[tuple[int, str], AccessAssignment],
    is_complete: bool,
) -> OrderItem:
    """The row, judged by the rules."""
    asked = {**order.parameters, **new.parameters}
    place = (new.relationship.pk if new.relationship else 0, str(asked.get("group_id", "")))
    row = _bare_item(order, new, position=position)
    refused = why_not(
        order.action,
        new.relationship,
        switch=switch,
        customer=row.customer,
        connection=new.connection,
        assignment=new.assignment or held.get(place),
        parameters=asked if is_complete else None,
        names_taken=names.of(new),
    )
    if refused:
        row.state, row.problem = State.REFUSED, refused[:500]
    elif is_complete and outcome_of(row) is Outcome.DONE:
        row.state = State.NOTHING
    elif order.action == Order.Action.CREATE:
        names.take(new, name=str(asked["name"]))
    return row


def _bare_item(order: Order, new: NewItem, *, position: int) -> OrderItem:
    return OrderItem(
        order=order,
        position=position,
        connection=new.connection,
        customer=new.customer or (new.relationship.customer if new.relationship else None),
        relationship=new.relationship,
        assignment=new.assignment,
        parameters=dict(new.parameters),
        before=picture_of(new.relationship, assignment=new.assignment) or None,
    )


def _held_groups(
    action: str, *, items: Iterable[NewItem], parameters: Mapping[str, Any]
) -> dict[tuple[int, str], AccessAssignment]:
    """What groups hold already where groups are to get something."""
    if action != Order.Action.ASSIGN:
        return {}
    return by_group(AccessAssignment.objects.filter(relationship__in=[new.relationship for new in items]))


def _locked(order: Order, *, states: Sequence[str]) -> Order:
    row = Order.objects.select_for_update().get(pk=order.pk)
    if row.state not in states:
        raise OrderRefused(
            _("This is not possible any more: the order is “%(state)s”.") % {"state": row.get_state_display()}
        )
    return row


def _busy(row: Order, *, states: Sequence[str]) -> QuerySet[OrderItem]:
    """Its rows in these states whose relationship another running order still changes; to the end of the transaction
    no other order begins or goes on."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK])
    others = OrderItem.objects.filter(relationship=OuterRef("relationship"), state__in=OPEN_STATES)
    others = others.filter(order__state=Order.State.RUNNING).exclude(order=row)
    return row.items.filter(state__in=states, relationship__isnull=False).filter(Exists(others))


def _refuse_stopped() -> None:
    refused = why_stopped(read_switch())
    if refused:
        raise OrderRefused(refused)


def _run_again(row: Order, *, states: Sequence[str], by: User) -> int:
    """Items that may have reached Microsoft go on by looking, the others by waiting for their turn."""
    _refuse_stopped()
    if _busy(row, states=states).exists():
        raise OrderRefused(_("Another order is still changing some of its relationships. Wait until that has ended."))
    again = row.items.filter(state__in=states)
    uncertain = again.filter(state=State.UNCERTAIN).update(state=State.SENDING, tries=0, due_at=Now(), ended_at=None)
    rest = again.exclude(state=State.SENDING).update(
        state=State.WAITING, tries=0, due_at=Now(), ended_at=None, problem=""
    )
    row.state, row.era, row.ended_at, row.started_by = Order.State.RUNNING, read_switch().era, None, by
    row.save(update_fields=["state", "era", "ended_at", "started_by"])
    return uncertain + rest


def _only_customer(items: Sequence[NewItem]) -> Any:
    """The tenant of an order about a single customer, for the audit's filter."""
    tenants = {new.customer.tenant_id for new in items if new.customer}
    return tenants.pop() if len(tenants) == 1 else None
