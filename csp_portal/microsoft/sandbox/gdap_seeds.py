"""The relationships that stand from the first day, the same for the same seed and day."""

from csp_portal.microsoft.sandbox.directory import derived_id
from csp_portal.microsoft.sandbox.gdap import (
    DAY,
    Assignment,
    Operation,
    Parts,
    Relationship,
    Request,
    assignment_json,
    etag,
)
from csp_portal.microsoft.sandbox.partner_directory import group_id
from csp_portal.microsoft.sandbox.roles import GLOBAL_ADMINISTRATOR
from csp_portal.microsoft.sandbox.tenants import Tenant, seeded

# Role template ids (reference §2.7).
_BASE_ROLES = (
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451",  # Global Reader
    "f023fd81-a637-4b56-95fd-791ac0226033",  # Service Support Administrator
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",  # Directory Readers
    "729827e3-9c14-49f7-bb1b-9608f156bbb8",  # Helpdesk Administrator
)
_MORE_ROLES = (
    "29232cdf-9323-42fd-ade2-1d097af3e4de",  # Exchange Administrator
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",  # SharePoint Administrator
    "69091246-20e8-4a56-aa4d-066075b2a7a8",  # Teams Administrator
    "3a2c62db-5318-420d-8d74-23affee5d9d5",  # Intune Administrator
    "fe930be7-5e62-47db-91af-98c3a49a38b1",  # User Administrator
)
ASSIGNED = ("helpdesk", "cloud-engineers")  # the groups that hold the assignments
_LAST_DAYS = 2  # no seeded relationship ends sooner, so that what a day's sandbox shows does not hang on the hour


def relationships_of(tenant: Tenant, *, seed: int, anchor: float) -> list[Relationship]:
    """What this customer granted: mostly one active relationship; some have an old one too, a few none that works."""
    rng = seeded(seed, "gdap", tenant.index)
    chance = rng.random()
    made = []
    if chance < 0.92:
        made.append(_make(tenant, seed=seed, number=0, status="active", anchor=anchor))
    elif chance < 0.95:
        made.append(_make(tenant, seed=seed, number=0, status="approvalPending", anchor=anchor))
    elif chance < 0.98:
        made.append(_make(tenant, seed=seed, number=0, status="expired", anchor=anchor))
    if rng.random() < 0.15:
        status = rng.choice(("expired", "terminated", "created"))
        made.append(_make(tenant, seed=seed, number=1, status=status, anchor=anchor))
    return made


def _make(tenant: Tenant, *, seed: int, number: int, status: str, anchor: float) -> Relationship:
    rng = seeded(seed, "relationship", tenant.index, number)
    days = rng.choice((180, 365, 730, 730))
    is_live = status == "active"
    is_past = status in ("expired", "terminated")
    gone_by = (
        rng.randrange(0, days) if is_live else rng.randrange(days, days + 200) if is_past else rng.randrange(0, 80)
    )
    gone_by = min(gone_by, days - _LAST_DAYS) if is_live else gone_by
    activated = anchor - gone_by * DAY - rng.randrange(80_000) if is_live or is_past else None
    has_global = rng.random() < 0.06
    more = tuple(role for role in _MORE_ROLES if rng.random() < 0.6)
    name = f"FormosaNord {'support' if number == 0 else 'project'} {tenant.domain.removesuffix('.example')}"
    return Relationship(
        id=f"{derived_id(tenant.tenant_id, 'gdap', str(number))}-{derived_id(str(seed), 'gdap')}",
        tenant=tenant,
        display_name=name[:50],
        status=status,
        roles=_BASE_ROLES + more + ((GLOBAL_ADMINISTRATOR,) if has_global else ()),
        duration=f"P{days}D",
        auto_extends=is_live and not has_global and rng.random() < 0.6,
        created_at=(activated if activated is not None else anchor - gone_by * DAY) - 7200.0,
        activated_at=activated,
        ended_at=None if activated is None else activated + days * DAY,
    )


def parts_of(found: Relationship, *, seed: int) -> Parts:
    assignments = list(_assignments(found, seed=seed))
    return Parts(
        assignments={one.id: one for one in assignments},
        requests={one.id: one for one in _requests(found)},
        operations={one.id: one for one in _operations(found, assignments)},
    )


def _assignments(found: Relationship, *, seed: int) -> list[Assignment]:
    """One assignment for each of the partner's groups; a relationship that is not active has none that works."""
    if found.activated_at is None:
        return []
    half = len(found.roles) // 2 + 1
    shares = (found.roles[:half], found.roles)
    return [
        Assignment(
            id=derived_id(found.id, group),
            group_id=group_id(group, seed=seed),
            roles=roles,
            status="active" if found.status in ("active", "expiring") else "deleted",
            created_at=found.activated_at + 600,
            changed_at=found.activated_at + 900,
            etag=etag(found.id, group),
        )
        for group, roles in zip(ASSIGNED, shares, strict=True)
    ]


def _requests(found: Relationship) -> list[Request]:
    if found.status == "created":
        return []
    actions = ["lockForApproval", "terminate"] if found.status == "terminated" else ["lockForApproval"]
    return [
        Request(
            id=derived_id(found.id, action),
            action=action,
            status="succeeded",
            created_at=found.created_at + 60,
            changed_at=found.created_at + 60,
            etag=etag(found.id, action),
        )
        for action in actions
    ]


def _operations(found: Relationship, assignments: list[Assignment]) -> list[Operation]:
    """The operations that changed its assignments."""
    return [
        Operation(
            id=derived_id(found.id, "operation", one.id),
            kind="delegatedAdminAccessAssignmentUpdate",
            data=assignment_data(one),
            status="succeeded",
            created_at=one.created_at,
            changed_at=one.changed_at,
            etag=etag(found.id, "operation", one.id),
        )
        for one in assignments[:1]
    ]


def assignment_data(one: Assignment) -> dict[str, object]:
    whole = assignment_json(one)
    return {name: whole[name] for name in ("id", "accessContainer", "accessDetails", "status")}
