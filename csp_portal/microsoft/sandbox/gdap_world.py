"""Delegated administration as it lives on Microsoft's side: every state and every change of a relationship.

The states are those of Microsoft's overview (reference 2.2):
created → approvalPending → approved → activating → active → terminationRequested → terminating → terminated;
active → expiring → expired. What takes Microsoft time happens by the world's clock, when somebody looks.
"""

import threading
from bisect import insort
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from csp_portal.microsoft.sandbox.directory import derived_id
from csp_portal.microsoft.sandbox.gdap import DAY, Assignment, Operation, Parts, Relationship, Request, Step, etag
from csp_portal.microsoft.sandbox.gdap_rules import (
    Refusal,
    Wishes,
    refuse_all_but_one_change,
    refuse_incomplete,
    refuse_powerful_extension,
    seconds_of,
    wishes_of,
    wrong_state,
)
from csp_portal.microsoft.sandbox.gdap_seeds import parts_of, relationships_of
from csp_portal.microsoft.sandbox.partner_directory import PartnerDirectory
from csp_portal.microsoft.sandbox.roles import GLOBAL_ADMINISTRATOR
from csp_portal.microsoft.sandbox.tenants import PartnerTenant, Tenant

LAPSE = 90 * DAY  # an invitation that nobody answers
EXTENSION = 180 * DAY
EXPIRES_WITHIN = 3600.0  # so long before its end a relationship is called expiring


class GdapWorld:
    """`pace` is how many seconds Microsoft takes for a step; whoever reads or changes anything holds `lock`."""

    def __init__(self, *, seed: int, tenants: list[Tenant], partner: PartnerTenant, now: Callable[[], float]) -> None:
        self.seed, self.tenants, self.now = seed, tenants, now
        self.directory = PartnerDirectory(partner, seed=seed)
        self.exists = True  # False plays a cloud that has no such API
        self.pace = 1.0
        self.retry_after = 10  # said of every operation, as in Microsoft's sample
        self.lock = threading.RLock()
        self._all: dict[str, Relationship] = {}
        self._names: Counter[str] = Counter()
        self._is_seeded = False
        self._made = 0

    # --- looking ---

    def relationships(self) -> list[Relationship]:
        """Every relationship, as of its last look; `settled` brings one up to now."""
        if not self._is_seeded:
            self._seed()
        return list(self._all.values())

    def find(self, relationship_id: str) -> Relationship | None:
        self.relationships()
        found = self._all.get(relationship_id)
        return None if found is None else self.settled(found)

    def settled(self, found: Relationship) -> Relationship:
        """Let everything happen to it that the clock has brought."""
        now = self.now()
        while found.steps and found.steps[0].at <= now:
            step = found.steps.pop(0)
            if step.status in (None, found.status):
                step.run(step.at)
        return found

    def parts(self, found: Relationship) -> Parts:
        if found.parts is None:
            found.parts = parts_of(found, seed=self.seed)
        return found.parts

    # --- what the partner does ---

    def create(self, asked: Any) -> Relationship:
        wishes = wishes_of(asked)
        refuse_incomplete(wishes)
        self.relationships()
        now = self.now()
        self._made += 1
        new = Relationship(
            id=f"{derived_id(str(self.seed), 'made', str(self._made))}-{derived_id(str(self.seed), 'gdap')}",
            tenant=None,
            display_name="",
            status="created",
            roles=(),
            duration="",
            auto_extends=False,
            created_at=now,
            changed_at=now,
            parts=Parts(),
        )
        self._take_over(new, wishes)
        self._all[new.id] = new
        return new

    def change(self, found: Relationship, asked: Any) -> Operation | None:
        """PATCH: anything while it is created; of an active one the extension, or an operation takes a role away."""
        wishes = wishes_of(asked)
        if found.status == "created":
            self._take_over(found, wishes)
        elif found.status == "active":
            refuse_all_but_one_change(wishes, found=found)
            if wishes.roles is not None:
                return self._remove_global_administrator(found, wishes.roles)
            self._take_over(found, wishes)
        else:
            raise wrong_state(f"The relationship is {found.status}.")
        self.touch(found)
        return None

    def delete(self, found: Relationship) -> None:
        if found.status != "created":
            raise wrong_state(f"The relationship is {found.status}; only one that is created can be deleted.")
        self._names[found.display_name] -= 1
        del self._all[found.id]

    def ask(self, found: Relationship, action: str, *, knows_reject: bool) -> Request:
        """POST of a request (reference 2.3); `reject` exists only for whoever prefers unknown members."""
        doings = {"lockForApproval": self._lock, "terminate": self.terminate, "approve": self._consent}
        if knows_reject:
            doings["reject"] = self._reject
        if action not in doings:
            raise Refusal(f"The action {action[:40]!r} is not known.")
        parts = self.parts(found)
        doings[action](found)
        now = self.now()
        new_id = self.new_id(found, "request")
        request = Request(id=new_id, action=action, status="created", created_at=now, changed_at=now, etag=etag(new_id))
        parts.requests[request.id] = request
        for number, status in enumerate(("pending", "succeeded"), start=1):
            self.later(found, number * self.pace, partial(self.turn, request, status))
        return request

    def terminate(self, found: Relationship) -> None:
        """By the partner, or by the customer."""
        if found.status != "active":
            raise wrong_state(f"The relationship is {found.status}; only an active one can be terminated.")
        self.parts(found)
        self._enter("terminationRequested", found, self.now())
        self._go_on(found, "terminationRequested", "terminating")
        self._go_on(found, "terminating", "terminated", times=2)

    # --- what the customer does ---

    def approve(self, found: Relationship, *, tenant: Tenant) -> None:
        if found.status != "approvalPending" or found.consent_pending:
            raise wrong_state(f"The invitation can't be accepted: the relationship is {found.status}.")
        if found.tenant is not None and found.tenant is not tenant:
            raise Refusal("This invitation is for another customer.", status=403, code="accessDenied")
        found.tenant = tenant
        self._enter("approved", found, self.now())
        self._go_on(found, "approved", "activating")
        self._go_on(found, "activating", "active", times=2)

    # --- steps ---

    def touch(self, found: Relationship, at: float | None = None) -> None:
        """It is another version from now on."""
        found.changes += 1
        found.changed_at = self.now() if at is None else at

    def later(
        self, found: Relationship, seconds: float, run: Callable[[float], None], *, status: str | None = None
    ) -> None:
        self._plan(found, self.now() + seconds, run, status=status)

    def operate(
        self, found: Relationship, *, kind: str, data: dict[str, object], effect: Callable[[float], None]
    ) -> Operation:
        """A change that Microsoft works on: running after one step, done after two."""
        now, new_id = self.now(), self.new_id(found, "operation")
        made = Operation(
            id=new_id, kind=kind, data=data, status="notStarted", created_at=now, changed_at=now, etag=etag(new_id)
        )
        self.parts(found).operations[made.id] = made

        def finish(at: float) -> None:
            effect(at)
            self.turn(made, "succeeded", at)

        self.later(found, self.pace, partial(self.turn, made, "running"))
        self.later(found, 2 * self.pace, finish)
        return made

    def turn(self, part: Request | Operation | Assignment, status: str, at: float) -> None:
        part.status, part.changed_at, part.etag = status, at, etag(part.id, status, str(at))

    def new_id(self, found: Relationship, kind: str) -> str:
        self._made += 1
        return derived_id(found.id, kind, str(self._made))

    def _go_on(self, found: Relationship, before: str, after: str, *, times: int = 1) -> None:
        self.later(found, times * self.pace, partial(self._enter, after, found), status=before)

    def _enter(self, status: str, found: Relationship, at: float) -> None:
        found.status = status
        if status == "active":
            found.activated_at, found.ended_at = at, at + seconds_of(found.duration)
            self._await_end(found)
        elif status == "expiring":
            self._plan(found, found.ended_at or at, partial(self._enter, "expired", found), status="expiring")
        elif status in ("expired", "terminated"):
            found.ended_at = at if found.activated_at is not None else None
            for one in self.parts(found).assignments.values():
                self.turn(one, "deleted", at)
        self.touch(found, at)

    def _await_end(self, found: Relationship) -> None:
        end = found.ended_at or 0.0
        for at, run in ((end - EXPIRES_WITHIN, self._near_end), (end, self._extend)):
            self._plan(found, at, partial(run, found), status="active")

    def _plan(self, found: Relationship, at: float, run: Callable[[float], None], *, status: str | None) -> None:
        insort(found.steps, Step(at, status, run), key=lambda one: one.at)

    def _near_end(self, found: Relationship, at: float) -> None:
        if not found.auto_extends:
            self._enter("expiring", found, at)

    def _extend(self, found: Relationship, at: float) -> None:
        """By half a year, unless somebody said in the last hour that it shall not."""
        if not found.auto_extends:
            self._enter("expired", found, at)
            return
        found.ended_at = at + EXTENSION
        self.touch(found, at)
        self._await_end(found)

    def _lock(self, found: Relationship) -> None:
        if found.status != "created":
            raise wrong_state(f"The relationship is {found.status}; only one that is created can be locked.")
        self._enter("approvalPending", found, self.now())
        self._await_lapse(found, since=self.now())

    def _await_lapse(self, found: Relationship, *, since: float) -> None:
        self._plan(found, since + LAPSE, partial(self._enter, "expired", found), status="approvalPending")

    def _consent(self, found: Relationship) -> None:
        """An indirect reseller agrees to what its provider has offered the customer."""
        if not found.consent_pending:
            raise wrong_state("There is nothing that the partner could approve; the customer approves.")
        found.consent_pending = False
        self.touch(found)

    def _reject(self, found: Relationship) -> None:
        if not found.consent_pending:
            raise wrong_state("There is nothing that the partner could reject.")
        found.consent_pending = False
        self._enter("terminated", found, self.now())

    # --- helpers of changes ---

    def _take_over(self, found: Relationship, wishes: Wishes) -> None:
        """All of it, or nothing where a part of it can't be."""
        name = found.display_name if wishes.name is None else wishes.name
        roles = found.roles if wishes.roles is None else wishes.roles
        extends = found.auto_extends if wishes.extends is None else wishes.extends
        refuse_powerful_extension(roles=roles, extends=extends)
        if name != found.display_name and self._names[name] > 0:
            raise wrong_state(f"A relationship named {name!r} exists already.")
        tenant = found.tenant if wishes.tenant_id is None else self._customer(wishes.tenant_id)
        self._names[found.display_name] -= 1
        self._names[name] += 1
        found.display_name, found.roles, found.auto_extends, found.tenant = name, roles, extends, tenant
        found.duration = found.duration if wishes.duration is None else wishes.duration

    def _customer(self, tenant_id: str) -> Tenant:
        found = next((tenant for tenant in self.tenants if tenant.tenant_id == tenant_id), None)
        if found is None:
            raise Refusal("The customer's tenant was not found.")
        return found

    def _remove_global_administrator(self, found: Relationship, roles: tuple[str, ...]) -> Operation:
        def effect(at: float) -> None:
            found.roles = roles
            for one in self.parts(found).assignments.values():
                one.roles = tuple(role for role in one.roles if role != GLOBAL_ADMINISTRATOR)
            self.touch(found, at)

        return self.operate(found, kind="delegatedAdminRelationshipUpdate", data={"id": found.id}, effect=effect)

    def _seed(self) -> None:
        anchor = self.now() // DAY * DAY
        for tenant in self.tenants:
            for made in relationships_of(tenant, seed=self.seed, anchor=anchor):
                self._all[made.id] = made
                self._names[made.display_name] += 1
                if made.status == "active":
                    self._await_end(made)
                elif made.status == "approvalPending":
                    self._await_lapse(made, since=made.created_at + 60)
        self._is_seeded = True
