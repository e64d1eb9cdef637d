"""Every documented transition of a relationship happens at the sandbox and through our client, and no other one."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from csp_portal.microsoft import gdap_writes
from csp_portal.microsoft.errors import Conflict, Refused
from csp_portal.microsoft.sandbox.gdap_rules import Refusal
from tests.microsoft.gdap import DAY, GLOBAL, READER, TICKETS, Partner

# Reference 2.2 and 2.3: what may be done in which state, and which state is next (None: it is gone).
TRANSITIONS = {
    ("created", "edit"): "created",
    ("created", "extend"): "created",
    ("created", "remove global administrator"): "created",  # an edit of the roles, as any other
    ("created", "delete"): None,
    ("created", "lock"): "approvalPending",
    ("approvalPending", "approve"): "approved",
    ("active", "extend"): "active",
    ("active", "remove global administrator"): "active",
    ("active", "terminate"): "terminationRequested",
    ("active", "remove"): "terminationRequested",  # by the customer
    ("active", "assign"): "active",
    ("active", "reassign"): "active",
    ("active", "unassign"): "active",
}
ACTIONS = sorted({action for _, action in TRANSITIONS})
# What the clock brings: from, after how many seconds (None: at the end), to.
STEPS = {"approved": "activating", "activating": "active", "terminationRequested": "terminating"}
STEPS |= {"terminating": "terminated"}
# How each state is come to: what is done, and the steps of the clock between.
_TO_ACTIVE = ("lock", "approve", "step", "step")
WAYS = {
    "created": (),
    "approvalPending": ("lock",),
    "approved": ("lock", "approve"),
    "activating": ("lock", "approve", "step"),
    **dict.fromkeys(("active", "expiring", "expired"), _TO_ACTIVE),
    "terminationRequested": (*_TO_ACTIVE, "terminate"),
    "terminating": (*_TO_ACTIVE, "remove", "step"),
    "terminated": (*_TO_ACTIVE, "terminate", "step", "step"),
}
DAYS = 30
PACE = 1.0


@pytest.fixture(scope="module", autouse=True)
def the_partner(tmp_path_factory):
    GdapMachine.partner = Partner.begin(state_dir=Path(tempfile.mkdtemp(dir=tmp_path_factory.getbasetemp())))
    yield
    GdapMachine.partner.server.stop()


class GdapMachine(RuleBasedStateMachine):
    partner: Partner

    @initialize(extends=st.booleans(), is_powerful=st.booleans(), way=st.sampled_from(sorted(WAYS)))
    def begin(self, extends, is_powerful, way):
        self.partner.clock.move(1)
        self.roles: tuple[str, ...] = (READER, TICKETS, GLOBAL) if is_powerful else (READER, TICKETS)
        self.extends = extends and not is_powerful
        made = self.partner.create(
            duration=f"P{DAYS}D", role_ids=self.roles, auto_extend_duration="P180D" if self.extends else "PT0S"
        )
        self.id, self.old_etag = made.id, ""
        self.status: str | None = "created"
        self.assignment: str | None = None  # pending, active …
        self.waits = 0.0  # seconds since the last transition that the clock goes on from
        self.left = 0.0  # seconds to the end
        for step in WAYS[way]:
            self._wait(PACE) if step == "step" else self.do(step)
        if way in ("expiring", "expired"):
            self.the_end("near" if way == "expiring" else "end")

    # --- what is asked ---

    @rule(action=st.sampled_from(ACTIONS))
    def do(self, action):
        before = self.look()
        allowed = (self.status, action) in TRANSITIONS and self._is_possible(action)
        if allowed:
            self._perform(action)
            self._follow(action)
        else:
            with pytest.raises((Conflict, Refused, Refusal)):
                self._perform(action)
            assert self.look() == before, f"{action} was refused while {self.status} and changed something"

    @precondition(lambda self: self.status in ("created", "active") and self.old_etag)
    @rule(action=st.sampled_from(["edit", "extend", "delete"]))
    def do_with_an_old_etag(self, action):
        before = self.look()
        with pytest.raises(Conflict):
            self._perform(action, etag=self.old_etag)
        assert self.look() == before

    # --- what the clock brings ---

    @rule()
    def a_step(self):
        self._wait(PACE)

    @precondition(lambda self: self.status == "approvalPending")
    @rule()
    def nobody_answers(self):
        self._wait(90 * DAY)

    @precondition(lambda self: self.status in ("active", "expiring"))
    @rule(part=st.sampled_from(["near", "end"]))
    def the_end(self, part):
        self._wait(max(PACE, self.left - (1800 if part == "near" else 0)))

    # --- both end equal ---

    @invariant()
    def the_same_is_seen_through_the_client(self):
        if self.status is None:
            with pytest.raises(Refused):
                self.partner.read(self.id)
            return
        seen = self.partner.read(self.id)
        assert (seen.status, set(seen.role_ids)) == (self.status, set(self.roles))
        assert (seen.auto_extend_duration == "P180D") == self.extends
        assert [one.status for one in self.assignments()] == ([self.assignment] if self.assignment else [])

    def assignments(self):
        """Those that have not come to an end."""
        listed = self.partner.assignments(self.id)
        return [one for one in listed if one.status != "deleted"]

    def look(self):
        return (self.partner.read(self.id), self.partner.assignments(self.id)) if self.status is not None else None

    # --- the model ---

    def _is_possible(self, action):
        """What the table of states leaves to the rules of roles and groups."""
        if action == "extend":
            return self.extends or GLOBAL not in self.roles
        if action == "remove global administrator":
            return self.status == "created" or GLOBAL in self.roles
        if action == "assign":
            return self.assignment in (None, "deleting")
        if action == "reassign":
            return self.assignment == "active"
        return action != "unassign" or self.assignment in ("pending", "active")

    def _follow(self, action):
        after = TRANSITIONS[str(self.status), action]
        if action == "extend":
            self.extends = not self.extends
        elif action == "edit":
            self.extends, self.roles = False, (READER, TICKETS)
        elif action == "assign":
            self.assignment = "pending" if self.assignment is None else self.assignment
            self._wait(PACE)
            self.assignment = "active"
        elif action == "unassign":
            self._wait(PACE)
            self.assignment = None
        elif action in ("reassign", "remove global administrator"):
            if action != "reassign":
                self.roles = tuple(role for role in self.roles if role != GLOBAL)
            self._wait(2 * PACE)
        elif after != self.status:
            self.waits = 0.0
        self.status = after

    def _wait(self, seconds):
        self.partner.clock.move(seconds)
        self.waits += seconds
        if self.status == "approvalPending" and self.waits >= 90 * DAY:
            self.status = "expired"
        while self.status in STEPS and self.waits >= PACE:
            self.waits -= PACE
            self.status = STEPS[self.status]
            if self.status == "active":
                self.left = DAYS * DAY
                seconds = self.waits
            if self.status == "terminated":
                self.assignment = None
        if self.status in ("active", "expiring"):
            self._near_the_end(seconds)

    def _near_the_end(self, seconds):
        self.left -= seconds
        while self.left <= 0 and self.extends and self.status == "active":
            self.left += 180 * DAY
        if self.left <= 0:
            self.status, self.assignment = "expired", None
        elif self.left <= 3600 and not self.extends:
            self.status = "expiring"

    # --- the calls ---

    def _perform(self, action, *, etag=""):
        desk, one = self.partner.desk, {"relationship_id": self.id}
        if action in ("lock", "terminate"):
            asked: gdap_writes.RequestAction = "lockForApproval" if action == "lock" else "terminate"
            gdap_writes.request_action(desk, action=asked, **one)
        elif action == "approve":
            self.partner.world.gdap.approve(self._found(), tenant=self.partner.world.tenants[0])
        elif action == "remove":
            self.partner.world.gdap.terminate(self._found())
        elif action.endswith("assign"):
            self._perform_at_assignment(action, desk)
        else:
            self._perform_at_relationship(action, desk, etag=etag or self._etag())

    def _perform_at_relationship(self, action, desk, *, etag):
        one = {"relationship_id": self.id, "etag": etag}
        if action == "edit":
            gdap_writes.edit_relationship(desk, new=self.partner.new(duration=f"P{DAYS}D"), **one)
        elif action == "extend":
            gdap_writes.set_auto_extend(desk, extends=not self.extends, **one)
        elif action == "delete":
            gdap_writes.delete_relationship(desk, **one)
        else:
            less = tuple(role for role in self.roles if role != GLOBAL)
            gdap_writes.change_roles_of_active(desk, role_ids=less, **one)
        self.old_etag = etag

    def _perform_at_assignment(self, action, desk):
        one = {"relationship_id": self.id}
        if action == "assign":
            self.partner.assign(self.id)
            return
        found = next((a for a in self.assignments() if a.status != "deleting"), None) if self.status else None
        one |= {"assignment_id": found.id if found else "none", "etag": found.etag if found else "none"}
        if action == "unassign":
            gdap_writes.delete_assignment(desk, **one)
        else:
            roles = (TICKETS,) if found and found.role_ids == (READER,) else (READER,)
            gdap_writes.change_assignment(desk, role_ids=roles, **one)

    def _etag(self):
        return self.partner.read(self.id).etag if self.status is not None else "gone"

    def _found(self):
        found = self.partner.world.gdap.find(self.id)
        if found is None:
            raise Refusal("gone", status=404)
        return found


GdapMachine.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TestGdapMachine = GdapMachine.TestCase


@pytest.mark.parametrize("state", WAYS)
def test_in_each_state_every_listed_action_is_done_and_every_other_one_refused(state):
    """The machine goes where chance leads; this goes everywhere once."""
    for action in ACTIONS:
        machine = GdapMachine()
        machine.begin(extends=False, is_powerful=action == "remove global administrator", way=state)
        assert machine.status == state
        if action in ("reassign", "unassign") and state == "active":
            machine.do("assign")
        machine.do(action)
        machine.the_same_is_seen_through_the_client()
        assert machine.status == TRANSITIONS.get((state, action), state)
