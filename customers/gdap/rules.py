"""What may be done with a relationship when: Microsoft's state machine and rules, each refusal as a sentence."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from customers.gdap.periods import is_allowed
from customers.models import (
    GLOBAL_ADMINISTRATOR,
    AccessAssignment,
    Connection,
    Customer,
    Order,
    Relationship,
    StopSwitch,
)
from customers.writes import why_paused, why_stopped

Action = Order.Action
Status = Relationship.Status
LONGEST_NAME = 50

# In which status Microsoft takes which change (reference 2.1 and 2.2); every other one it refuses.
POSSIBLE_IN: dict[Action, frozenset[str]] = {
    Action.EDIT: frozenset({Status.CREATED}),
    Action.DELETE: frozenset({Status.CREATED}),
    Action.LOCK: frozenset({Status.CREATED}),
    Action.TERMINATE: frozenset({Status.ACTIVE}),
    Action.EXTEND: frozenset({Status.CREATED, Status.ACTIVE}),
    Action.DO_NOT_EXTEND: frozenset({Status.CREATED, Status.ACTIVE}),
    Action.REMOVE_GLOBAL_ADMINISTRATOR: frozenset({Status.ACTIVE}),
    Action.ASSIGN: frozenset({Status.ACTIVE}),
    Action.CHANGE_ASSIGNMENT: frozenset({Status.ACTIVE}),
    Action.UNASSIGN: frozenset({Status.ACTIVE}),
}
OF_ASSIGNMENTS = frozenset({Action.CHANGE_ASSIGNMENT, Action.UNASSIGN})


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One row that is to be changed, with all that the rules look at.

    `parameters` None asks only whether this can be done at all, as a button does.
    """

    action: Action
    switch: StopSwitch
    connection: Connection | None = None
    relationship: Relationship | None = None
    customer: Customer | None = None
    assignment: AccessAssignment | None = None
    parameters: Mapping[str, Any] | None = None
    names_taken: Collection[str] = field(default=frozenset())  # of the partner's other relationships


def why_not(
    action: str,
    relationship: Relationship | None = None,
    *,
    switch: StopSwitch,
    customer: Customer | None = None,
    connection: Connection | None = None,
    assignment: AccessAssignment | None = None,
    parameters: Mapping[str, Any] | None = None,
    names_taken: Collection[str] = frozenset(),
) -> str | None:
    """The sentence that says why this can't be done, or None. Asks the database nothing but related rows not loaded."""
    case = Case(
        action=Action(action),
        switch=switch,
        relationship=relationship,
        customer=customer or (relationship.customer if relationship else None),
        connection=connection or (relationship.connection if relationship else None),
        assignment=assignment,
        parameters=parameters,
        names_taken=names_taken,
    )
    for rule in (_ours, _cloud, _status, RULES[case.action]):
        refused = rule(case)
        if refused:
            return refused
    return None


def _ours(case: Case) -> str | None:
    return why_stopped(case.switch) or why_paused(case.customer, connection=case.connection)


def _cloud(case: Case) -> str | None:
    """Of China and the like; consent is Partner Center's matter, which has a flag of its own."""
    cloud = settings.MICROSOFT_CLOUDS.get(case.connection.cloud if case.connection else "")
    if cloud is None:
        return _("The settings do not describe the cloud of this connection.")
    if case.action == Action.CONSENT:
        if cloud.has_partner_center:
            return None
        return _("Microsoft offers no Partner Center interface in the cloud %(cloud)s.") % {"cloud": cloud.label}
    if cloud.has_gdap:
        return None
    sentence = _("Microsoft offers no granular delegated admin privileges (GDAP) in the cloud %(cloud)s.")
    return sentence % {"cloud": cloud.label}


def _status(case: Case) -> str | None:
    possible = POSSIBLE_IN.get(case.action)
    if possible is None:
        return None
    found = case.relationship
    if found is None:
        return _("There is no relationship with this customer.")
    if found.gone_at is not None:
        return _("Microsoft no longer reports this relationship.")
    if case.action == Action.REMOVE_GLOBAL_ADMINISTRATOR and found.status == Status.CREATED:
        return _("Nobody was asked to approve it yet: edit it instead.")
    if found.status in possible:
        return None
    words = dict(Status.choices)
    return _("Microsoft allows this only while it is %(possible)s; it is %(status)s.") % {
        "possible": _(" or ").join(f"“{words[status]}”" for status in Status.values if status in possible),
        "status": f"“{words.get(found.status, found.status)}”",
    }


def _extend(case: Case) -> str | None:
    if case.relationship and case.relationship.has_global_administrator:
        return _("A relationship with Global Administrator can't extend by itself. Remove that role first.")
    return None


def _remove_global_administrator(case: Case) -> str | None:
    found = case.relationship
    if found is None or not found.has_global_administrator:
        return _("Global Administrator is not among its roles.")
    if len(found.role_ids) == 1:
        return _("It is the only role of this relationship, which must have one. Terminate the relationship instead.")
    return None


def _create(case: Case) -> str | None:
    return None if case.parameters is None else why_not_so(case.parameters, names_taken=case.names_taken)


def _edit(case: Case) -> str | None:
    if case.parameters is None or case.relationship is None:
        return None
    found = case.relationship
    as_is = {
        "name": found.name,
        "duration": found.duration,
        "role_ids": [str(role) for role in found.role_ids],
        "extends": found.auto_extends,
    }
    return why_not_so(as_is | dict(case.parameters), names_taken=set(case.names_taken) - {found.name})


def why_not_so(parameters: Mapping[str, Any], *, names_taken: Collection[str] = frozenset()) -> str | None:
    """What Microsoft would refuse of a relationship that is to be `name`, `duration`, `role_ids` and `extends`."""
    roles = ids_in(parameters)
    refused = why_not_named(str(parameters.get("name", "")).strip(), names_taken=names_taken)
    if refused:
        return refused
    if not is_allowed(str(parameters.get("duration", ""))):
        return _("A relationship lasts between one day and two years.")
    if not roles:
        return _("A relationship needs at least one role.")
    if parameters.get("extends") and GLOBAL_ADMINISTRATOR in roles:
        return _("A relationship with Global Administrator can't extend by itself. Leave out one of the two.")
    return None


def why_not_named(name: str, *, names_taken: Collection[str]) -> str | None:
    if not name:
        return _("A relationship needs a name.")
    if len(name) > LONGEST_NAME:
        return _("A name has at most 50 characters; this one has %(count)d.") % {"count": len(name)}
    if name.casefold() in {other.casefold() for other in names_taken}:
        return _("Another relationship of ours is called %(name)s; each needs a name of its own.") % {"name": name}
    return None


def _assign(case: Case) -> str | None:
    if case.parameters is None:
        return None
    if not case.parameters.get("group_id"):
        return _("Choose the security group that is to get the roles.")
    has_failed = case.assignment is not None and case.assignment.status == AccessAssignment.Status.ERROR
    if _usable_assignment(case) is None and not has_failed:
        return _("This group holds roles here already. Change them instead.")
    return _roles_of_assignment(case)


def _change_assignment(case: Case) -> str | None:
    refused = _usable_assignment(case)
    if refused is None and case.assignment and case.assignment.status == AccessAssignment.Status.PENDING:
        return _("Microsoft is still giving this group its roles. Wait until that is done.")
    if refused is None and case.assignment and case.assignment.status == AccessAssignment.Status.ERROR:
        return _("Microsoft could not give this group its roles. Give the roles to it anew.")
    return refused or (None if case.parameters is None else _roles_of_assignment(case))


def _usable_assignment(case: Case) -> str | None:
    found = case.assignment
    if found is None:
        return _("This group holds no roles here.")
    if found.gone_at is not None or found.status in ("deleting", "deleted"):
        return _("This group's roles were taken away already.")
    return None


def _roles_of_assignment(case: Case) -> str | None:
    roles = ids_in(case.parameters or {})
    if not roles:
        return _("Choose at least one role.")
    granted = {str(role) for role in case.relationship.role_ids} if case.relationship else set()
    if roles - granted:
        return _("A group can get only roles that the relationship has; %(count)d of these are not in it.") % {
            "count": len(roles - granted)
        }
    return None


def _consent(case: Case) -> str | None:
    if case.customer is None:
        return _("Choose a customer.")
    if case.connection and case.connection.auth_model != Connection.AuthModel.SECURE_APP_MODEL:
        return _(
            "This connection works app-only: an administrator of the customer has to consent with the link. Only a "
            "connection by the Secure Application Model can consent for the customer."
        )
    return None


def ids_in(parameters: Mapping[str, Any]) -> set[str]:
    """The roles that parameters name, as lower-case text."""
    return {str(UUID(str(role))) for role in parameters.get("role_ids") or ()}


def _nothing_more(case: Case) -> None:
    return None


RULES: dict[Action, Callable[[Case], str | None]] = {
    Action.CREATE: _create,
    Action.EDIT: _edit,
    Action.DELETE: _nothing_more,
    Action.LOCK: _nothing_more,
    Action.TERMINATE: _nothing_more,
    Action.EXTEND: _extend,
    Action.DO_NOT_EXTEND: _nothing_more,
    Action.REMOVE_GLOBAL_ADMINISTRATOR: _remove_global_administrator,
    Action.ASSIGN: _assign,
    Action.CHANGE_ASSIGNMENT: _change_assignment,
    Action.UNASSIGN: _usable_assignment,
    Action.CONSENT: _consent,
}
