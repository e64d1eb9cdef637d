"""Access assignments on Microsoft's side: pending → active, deleting → deleted, and error where Microsoft fails."""

from functools import partial
from typing import Any

from csp_portal.microsoft.sandbox.gdap import Assignment, Operation, Relationship, etag
from csp_portal.microsoft.sandbox.gdap_rules import (
    Refusal,
    group_of,
    refuse_more_roles,
    refuse_second_assignment,
    roles_of,
    wrong_state,
)
from csp_portal.microsoft.sandbox.gdap_seeds import assignment_data
from csp_portal.microsoft.sandbox.gdap_world import GdapWorld


def assign(gdap: GdapWorld, found: Relationship, asked: Any) -> Assignment:
    _refuse_inactive(found)
    group, roles = group_of(asked, directory=gdap.directory), roles_of(asked)
    refuse_more_roles(roles, found=found)
    assignments = gdap.parts(found).assignments
    refuse_second_assignment(assignments, group_id=group)
    now, new_id = gdap.now(), gdap.new_id(found, "assignment")
    new = Assignment(
        id=new_id, group_id=group, roles=roles, status="pending", created_at=now, changed_at=now, etag=etag(new_id)
    )
    assignments[new.id] = new
    gdap.later(found, gdap.pace, partial(_settle, gdap, new))
    return new


def reassign(gdap: GdapWorld, found: Relationship, one: Assignment, asked: Any) -> Operation | None:
    """None where nothing changes; else the operation at whose end the roles are others."""
    _refuse_inactive(found)
    if one.status != "active":
        raise wrong_state(f"The access assignment is {one.status}.")
    if not isinstance(asked, dict) or {key for key in asked if not key.startswith("@")} != {"accessDetails"}:
        raise Refusal("Only accessDetails of an access assignment can be changed.")
    roles = roles_of(asked)
    refuse_more_roles(roles, found=found)
    if set(roles) == set(one.roles):
        return None

    def effect(at: float) -> None:
        one.roles = roles
        gdap.turn(one, one.status, at)

    data = assignment_data(one) | {"accessDetails": asked["accessDetails"]}
    return gdap.operate(found, kind="delegatedAdminAccessAssignmentUpdate", data=data, effect=effect)


def unassign(gdap: GdapWorld, found: Relationship, one: Assignment) -> None:
    if one.status not in ("active", "pending", "error"):
        raise wrong_state(f"The access assignment is {one.status}.")
    gdap.turn(one, "deleting", gdap.now())
    gdap.later(found, gdap.pace, partial(_vanish, gdap, one))


def fail(gdap: GdapWorld, found: Relationship, *, assignment_id: str) -> None:
    """Microsoft could not do what it had promised."""
    gdap.turn(gdap.parts(found).assignments[assignment_id], "error", gdap.now())


def _refuse_inactive(found: Relationship) -> None:
    if found.status != "active":
        raise wrong_state(f"The relationship is {found.status}; groups get roles only in an active one.")


def _settle(gdap: GdapWorld, one: Assignment, at: float) -> None:
    """A group that was deleted meanwhile can't get roles any more."""
    if one.status == "pending":
        gdap.turn(one, "active" if gdap.directory.security_group(one.group_id) else "error", at)


def _vanish(gdap: GdapWorld, one: Assignment, at: float) -> None:
    if one.status == "deleting":
        gdap.turn(one, "deleted", at)
