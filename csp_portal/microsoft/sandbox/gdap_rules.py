"""What Microsoft refuses to take for a relationship or an assignment, and with which words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from csp_portal.microsoft.sandbox.gdap import DAY, Assignment, Relationship
from csp_portal.microsoft.sandbox.partner_directory import PartnerDirectory
from csp_portal.microsoft.sandbox.roles import GLOBAL_ADMINISTRATOR, ROLES

LONGEST_NAME = 50
_DURATION = re.compile(r"P(?=\d)(?:(\d{1,2})Y)?(?:(\d{1,3})M)?(?:(\d{1,3})W)?(?:(\d{1,4})D)?")
_EXTENDS = {"P180D": True, "PT0S": False, "P0D": False}
_WRITABLE = frozenset({"displayName", "duration", "customer", "accessDetails", "autoExtendDuration"})


class Refusal(Exception):
    """This is not done; the answer has this status, code and message."""

    def __init__(self, message: str, *, status: int = 400, code: str = "badRequest") -> None:
        super().__init__(message)
        self.message, self.status, self.code = message, status, code


def wrong_state(message: str) -> Refusal:
    return Refusal(message, status=409, code="conflict")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """What a body asks for; None where it is silent."""

    name: str | None = None
    duration: str | None = None
    tenant_id: str | None = None
    roles: tuple[str, ...] | None = None
    extends: bool | None = None


def wishes_of(asked: Any) -> Wishes:
    """The writable fields of a relationship, each checked by itself (resources/delegatedadminrelationship.md)."""
    if not isinstance(asked, dict) or not asked:
        raise Refusal("The body must be a JSON object with at least one property.")
    foreign = sorted(key for key in asked if key not in _WRITABLE and not key.startswith("@odata"))
    if foreign:
        raise Refusal(f"The property {foreign[0]} can't be written.")
    return Wishes(
        name=_name(asked["displayName"]) if "displayName" in asked else None,
        duration=_duration(asked["duration"]) if "duration" in asked else None,
        tenant_id=_tenant_id(asked["customer"]) if asked.get("customer") is not None else None,
        roles=roles_of(asked) if "accessDetails" in asked else None,
        extends=_extends(asked["autoExtendDuration"]) if "autoExtendDuration" in asked else None,
    )


def refuse_incomplete(wishes: Wishes) -> None:
    if wishes.name is None or wishes.duration is None or wishes.roles is None:
        raise Refusal("displayName, duration and accessDetails are required.")


def refuse_powerful_extension(*, roles: tuple[str, ...], extends: bool) -> None:
    if extends and GLOBAL_ADMINISTRATOR in roles:
        raise Refusal("A relationship with Global Administrator can't be extended automatically.")


def refuse_all_but_one_change(wishes: Wishes, *, found: Relationship) -> None:
    """Of an active relationship only the extension changes, or Global Administrator is taken away."""
    if (wishes.name, wishes.duration, wishes.tenant_id) != (None, None, None):
        raise wrong_state("The relationship is active: only autoExtendDuration and accessDetails may be changed.")
    if wishes.roles is not None:
        without = set(found.roles) - {GLOBAL_ADMINISTRATOR}
        if wishes.extends is not None or set(wishes.roles) != without or len(without) == len(found.roles):
            raise wrong_state("The relationship is active: of its roles only Global Administrator may be removed.")


def days_of(duration: str) -> float:
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise Refusal(f"The duration {duration[:40]!r} is not one.")
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    return years * 365 + months * 30 + weeks * 7 + days


def seconds_of(duration: str) -> float:
    return days_of(duration) * DAY


def roles_of(asked: Mapping[str, Any]) -> tuple[str, ...]:
    """The role ids of accessDetails: at least one, each built in, none twice."""
    details = asked.get("accessDetails")
    listed = details.get("unifiedRoles") if isinstance(details, dict) else None
    if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
        raise Refusal("accessDetails must name at least one role in unifiedRoles.")
    roles = tuple(str(one.get("roleDefinitionId", "")).lower() for one in listed)
    unknown = next((role for role in roles if role not in ROLES), None)
    if unknown is not None:
        raise Refusal(f"The role {unknown[:60]!r} is not a built-in role.")
    if len(set(roles)) != len(roles):
        raise Refusal("A role is named twice.")
    return roles


def group_of(asked: Any, *, directory: PartnerDirectory) -> str:
    container = asked.get("accessContainer") if isinstance(asked, dict) else None
    if not isinstance(container, dict) or container.get("accessContainerType") != "securityGroup":
        raise Refusal("accessContainer must be a securityGroup.")
    group = directory.security_group(str(container.get("accessContainerId", "")).lower())
    if group is None:
        raise Refusal("The security group does not exist in the partner's tenant.")
    return group.id


def refuse_more_roles(roles: tuple[str, ...], *, found: Relationship) -> None:
    if not set(roles) <= set(found.roles):
        raise Refusal("The roles of an access assignment must be among those of its relationship.")


def refuse_second_assignment(assignments: dict[str, Assignment], *, group_id: str) -> None:
    if any(one.group_id == group_id and one.status in ("pending", "active") for one in assignments.values()):
        raise wrong_state("An access assignment for this security group already exists.")


def _name(asked: Any) -> str:
    if not isinstance(asked, str) or not asked.strip() or len(asked) > LONGEST_NAME:
        raise Refusal(f"displayName must be a text of 1 to {LONGEST_NAME} characters.")
    return asked


def _duration(asked: Any) -> str:
    duration = str(asked)
    if not 1 <= days_of(duration) <= 730:
        raise Refusal("duration must be between P1D and P2Y inclusive.")
    return duration


def _extends(asked: Any) -> bool:
    if asked not in _EXTENDS:
        raise Refusal("autoExtendDuration must be P180D, P0D or PT0S.")
    return _EXTENDS[asked]


def _tenant_id(asked: Any) -> str:
    if not isinstance(asked, dict) or not isinstance(asked.get("tenantId"), str):
        raise Refusal("customer must have a tenantId.")
    return str(asked["tenantId"]).lower()
