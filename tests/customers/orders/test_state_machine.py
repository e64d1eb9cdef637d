"""Portal and sandbox are driven through every documented transition, and both refuse every other one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from csp_portal.accounts.models import User
from csp_portal.microsoft.errors import UnexpectedAnswer
from csp_portal.microsoft.gdap import list_access_assignments, read_delegated_admin_relationship
from csp_portal.microsoft.sandbox.gdap_rules import Refusal
from csp_portal.microsoft.sandbox.world import World
from customers.connections import Access
from customers.gdap.carry_out import carry_out, claim_items
from customers.gdap.granted import store_assignments
from customers.gdap.orders import OPEN_STATES, NewItem, place_order, start_order
from customers.gdap.store import store_relationship
from customers.models import GLOBAL_ADMINISTRATOR, Connection, Customer, Order, OrderItem, Relationship, TenantWrite

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
Action = Order.Action
READER, SUPPORT = "f2ef992c-3afb-46b9-b7cf-a126ee74c451", "f023fd81-a637-4b56-95fd-791ac0226033"

# Microsoft's overview (reference 2.2), in our own words: what is possible in which state, and the state it leads to in
# the end. Actions that are not there are to be refused by the portal, and by the sandbox where it is asked directly.
DOCUMENTED = {
    ("created", Action.LOCK): "approvalPending",
    ("created", Action.DELETE): "gone",
    ("created", Action.EDIT): "created",
    ("created", Action.EXTEND): "created",
    ("created", Action.DO_NOT_EXTEND): "created",
    ("active", Action.TERMINATE): "terminated",
    ("active", Action.EXTEND): "active",
    ("active", Action.DO_NOT_EXTEND): "active",
    ("active", Action.REMOVE_GLOBAL_ADMINISTRATOR): "active",
    ("active", Action.ASSIGN): "active",
    ("active", Action.CHANGE_ASSIGNMENT): "active",
    ("active", Action.UNASSIGN): "active",
}
ACTIONS = [action for action in Action if action not in (Action.CREATE, Action.CONSENT)]
PARAMETERS: dict[str, dict[str, Any]] = {
    Action.EDIT: {"duration": "P100D"},
    Action.ASSIGN: {"role_ids": [READER]},
    Action.CHANGE_ASSIGNMENT: {"role_ids": [READER, SUPPORT]},
}


class Clock:
    def __init__(self):
        self.now = datetime.now(UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sandbox_world(clock):
    return World(seed=1, tenants=2, clock=clock)


class Walk(RuleBasedStateMachine):
    """One relationship from its invitation to its end; the world comes from the test's fixtures."""

    connection: Connection
    customer: Customer
    person: User
    world: World
    clock: "Clock"
    walked: set[tuple[str, str]]

    @initialize(has_global_administrator=st.booleans())
    def invite(self, has_global_administrator):
        """A new relationship for each walk."""
        roles = [READER, SUPPORT] + ([GLOBAL_ADMINISTRATOR] if has_global_administrator else [])
        asked = {"name": f"Walk {Order.objects.count()}", "duration": "P30D", "role_ids": roles, "extends": False}
        item = self._order(Action.CREATE, NewItem(connection=self.connection, customer=self.customer, parameters=asked))
        assert item.state == OrderItem.State.DONE, item.problem
        self.row = item.relationship

    @rule(action=st.sampled_from(ACTIONS))
    def act(self, action):
        before, expected = self._status(), self._expected(action)
        new = NewItem(
            connection=self.connection,
            customer=self.row.customer,
            relationship=self.row,
            assignment=self._assignment() if action in (Action.CHANGE_ASSIGNMENT, Action.UNASSIGN) else None,
            parameters={**PARAMETERS.get(action, {}), "group_id": self._group()},
        )
        item = self._order(action, new)
        if expected is None:
            assert item.state == OrderItem.State.REFUSED, (before, action, item.state)
            assert item.problem
            assert self._status() == before
        else:
            assert item.state in (OrderItem.State.DONE, OrderItem.State.NOTHING), (before, action, item.problem)
            assert self._status() == expected
            self.walked.add((before, action))

    @precondition(lambda self: self._status() == "approvalPending")
    @rule()
    def the_customer_approves(self):
        found = self.world.gdap.find(self.row.microsoft_id)
        assert found is not None
        assert found.tenant is not None
        self.world.gdap.approve(found, tenant=found.tenant)
        self._pass(10)
        self.walked.add(("approvalPending", "approve"))

    @rule()
    def the_customer_approves_what_nobody_asked_for(self):
        found = self.world.gdap.find(self.row.microsoft_id)
        if found is not None and found.tenant is not None and found.status != "approvalPending":
            with pytest.raises(Refusal):
                self.world.gdap.approve(found, tenant=found.tenant)

    @precondition(lambda self: self._status() == "active")
    @rule()
    def the_end_comes(self):
        row = self._row()
        self._pass(40 * 86_400 if not row.auto_extends else 31 * 86_400)
        assert self._status() == ("active" if row.auto_extends else "expired")
        self.walked.add(("active", "extended" if row.auto_extends else "expired"))

    @precondition(lambda self: self._status() == "approvalPending")
    @rule()
    def nobody_answers_for_ninety_days(self):
        self._pass(91 * 86_400)
        assert self._status() == "expired"
        self.walked.add(("approvalPending", "lapsed"))

    @invariant()
    def both_are_equal(self):
        if not hasattr(self, "row"):
            return
        row, found = self._row(), self.world.gdap.find(self.row.microsoft_id)
        if found is None:
            assert row.gone_at is not None
            return
        assert (row.status, row.name, row.duration) == (found.status, found.display_name, found.duration)
        assert (row.auto_extends, set(map(str, row.role_ids))) == (found.auto_extends, set(found.roles))
        held = {(str(one.group_id), one.status) for one in row.assignments.filter(gone_at=None)}
        made = {(one.group_id, one.status) for one in self.world.gdap.parts(found).assignments.values()}
        assert held == made

    def _order(self, action, new):
        TenantWrite.objects.all().delete()
        order = place_order(action, items=[new], by=self.person, reason="walk", parameters={}, now=self.clock.now)
        start_order(order, by=self.person, now=self.clock.now)
        self._fresh_access()
        while order.items.filter(state__in=OPEN_STATES).exists():
            carry_out(claim_items(limit=10), now=self.clock.now)
            self.clock.now += timedelta(seconds=10)
            OrderItem.objects.update(due_at=datetime.now(UTC))
        item = order.items.select_related("relationship__customer").get()
        if getattr(self, "row", None):
            self._look()
        return item

    def _expected(self, action):
        """What the documents say comes of it; None is a refusal."""
        row, status = self._row(), self._status()
        after = DOCUMENTED.get((status, action))
        held = self._assignment()
        is_barred = (
            (action == Action.EXTEND and row.has_global_administrator)
            or (action == Action.REMOVE_GLOBAL_ADMINISTRATOR and not row.has_global_administrator)
            or (action == Action.ASSIGN and held is not None)
            or (action in (Action.CHANGE_ASSIGNMENT, Action.UNASSIGN) and held is None)
        )
        return None if is_barred else after

    def _row(self):
        return Relationship.objects.select_related("customer__connection", "connection").get(pk=self.row.pk)

    def _status(self):
        if not hasattr(self, "row"):
            return ""
        row = self._row()
        return "gone" if row.gone_at else row.status

    def _assignment(self):
        usable = self._row().assignments.filter(gone_at=None).exclude(status__in=("deleting", "deleted"))
        return usable.first()

    def _group(self):
        return next(iter(group.id for group in self.world.gdap.directory.groups.values() if group.is_security))

    def _pass(self, seconds):
        self.clock.now += timedelta(seconds=seconds)
        self._look()

    def _fresh_access(self):
        """The sandbox's clock leaps, so a token that is good by ours may have ended by its."""
        access = Access(self.connection)
        access.forget([str(self.connection.partner_tenant_id)])
        return access

    def _look(self):
        """What a feed would read meanwhile."""
        self.row = self._row()
        if self.row.gone_at:
            return
        access = self._fresh_access()
        where = {"cloud": access.cloud, "token": access.partner_token(access.cloud.graph_scope).value}
        where["relationship_id"] = self.row.microsoft_id
        try:
            told = read_delegated_admin_relationship(access.http, **where)
        except UnexpectedAnswer:
            return  # it was deleted, which the order has noted
        store_relationship(told, connection=self.connection, now=self.clock.now)
        held = list_access_assignments(access.http, **where)
        store_assignments(held, relationship=self.row, now=self.clock.now)
        self.row = self._row()


@pytest.fixture
def walk(connection, customers, access_admin, sandbox_world, clock):
    for name, value in {
        **{"connection": connection, "customer": customers[0], "person": access_admin},
        **{"world": sandbox_world, "clock": clock, "walked": set()},
    }.items():
        setattr(Walk, name, value)
    return Walk


def in_state(walk, status, *, action):
    """A relationship that has come this far, with what the action needs."""
    one = walk()
    one.invite(has_global_administrator=action == Action.REMOVE_GLOBAL_ADMINISTRATOR)
    if status != "created":
        one.act(action=Action.LOCK)
    if status in ("active", "terminated", "expired"):
        one.the_customer_approves()
    if status == "active" and action in (Action.CHANGE_ASSIGNMENT, Action.UNASSIGN):
        one.act(action=Action.ASSIGN)
    if status == "terminated":
        one.act(action=Action.TERMINATE)
    if status == "expired":
        one.the_end_comes()
    assert one._status() == status
    return one


def test_every_documented_transition_leads_where_the_documents_say(walk):
    for (status, action), after in DOCUMENTED.items():
        one = in_state(walk, status, action=action)
        one.act(action=action)
        one.both_are_equal()
        assert one._status() == after
    assert set(DOCUMENTED) <= walk.walked


@pytest.mark.parametrize("status", ["created", "approvalPending", "active", "terminated", "expired"])
def test_every_other_one_is_refused_with_a_reason_and_changes_nothing(walk, status):
    one = in_state(walk, status, action=Action.LOCK)
    for action in ACTIONS:
        if (status, action) not in DOCUMENTED:
            one.act(action=action)
            one.both_are_equal()


def test_portal_and_sandbox_end_equal_whatever_is_done_in_whichever_order(walk):
    run_state_machine_as_test(
        walk,
        settings=settings(
            max_examples=25,
            stateful_step_count=10,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
