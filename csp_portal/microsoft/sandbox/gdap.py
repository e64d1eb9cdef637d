"""Delegated administration as the partner's tenant sees it: relationships and their parts, and portal links."""

from base64 import b64encode
from dataclasses import dataclass

import orjson

from csp_portal.microsoft.sandbox.directory import derived_id
from csp_portal.microsoft.sandbox.issues import stamp
from csp_portal.microsoft.sandbox.tenants import Tenant, seeded

DAY = 86_400.0

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
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
GROUPS = ("helpdesk", "cloud-engineers")  # the partner's security groups that hold the assignments


@dataclass(frozen=True, kw_only=True, slots=True)
class Relationship:
    """A GDAP relationship; moments are unix seconds, None where it never came to that."""

    id: str
    tenant: Tenant
    display_name: str
    status: str
    roles: tuple[str, ...]
    days: int
    auto_extends: bool
    created_at: float
    activated_at: float | None
    ended_at: float | None
    changes: int = 0
    changed_at: float | None = None


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
    activated = anchor - gone_by * DAY - rng.randrange(80_000) if is_live or is_past else None
    has_global = rng.random() < 0.06
    more = tuple(role for role in _MORE_ROLES if rng.random() < 0.6)
    return Relationship(
        id=f"{derived_id(tenant.tenant_id, 'gdap', str(number))}-{derived_id(str(seed), 'gdap')}",
        tenant=tenant,
        display_name=f"FormosaNord {'support' if number == 0 else 'project'} {tenant.domain.removesuffix('.example')}"[
            :50
        ],
        status=status,
        roles=_BASE_ROLES + more + ((GLOBAL_ADMINISTRATOR,) if has_global else ()),
        days=days,
        auto_extends=is_live and not has_global and rng.random() < 0.6,
        created_at=(activated if activated is not None else anchor - gone_by * DAY) - 7200.0,
        activated_at=activated,
        ended_at=None if activated is None else activated + days * DAY,
    )


def etag(*parts: str) -> str:
    return f'W/"{b64encode(derived_id(*parts).encode()).decode()}"'


def relationship_etag(found: Relationship) -> str:
    return etag(found.id, str(found.changes)) if found.changes else etag(found.id)


def relationship_json(found: Relationship) -> dict[str, object]:
    modified = found.changed_at or found.activated_at or found.created_at
    return {
        "@odata.type": "#microsoft.graph.delegatedAdminRelationship",
        "@odata.etag": relationship_etag(found),
        "id": found.id,
        "displayName": found.display_name,
        "duration": f"P{found.days}D",
        "customer": {"tenantId": found.tenant.tenant_id, "displayName": found.tenant.name},
        "accessDetails": _access(found.roles),
        "status": found.status,
        "autoExtendDuration": "P180D" if found.auto_extends else "PT0S",
        "createdDateTime": stamp(found.created_at),
        "lastModifiedDateTime": stamp(modified),
        "activatedDateTime": None if found.activated_at is None else stamp(found.activated_at),
        "endDateTime": None if found.ended_at is None else stamp(found.ended_at),
    }


def assignments_json(found: Relationship, *, seed: int) -> list[dict[str, object]]:
    """One assignment for each of the partner's groups; a relationship that is not active has none that works."""
    if found.activated_at is None:
        return []
    half = len(found.roles) // 2 + 1
    shares = (found.roles[:half], found.roles)
    return [
        {
            "@odata.type": "#microsoft.graph.delegatedAdminAccessAssignment",
            "@odata.etag": etag(found.id, group),
            "id": derived_id(found.id, group),
            "status": "active" if found.status == "active" else "deleted",
            "createdDateTime": stamp(found.activated_at + 600),
            "lastModifiedDateTime": stamp(found.activated_at + 900),
            "accessContainer": {
                "accessContainerId": derived_id(str(seed), "group", group),
                "accessContainerType": "securityGroup",
            },
            "accessDetails": _access(roles),
        }
        for group, roles in zip(GROUPS, shares, strict=True)
    ]


def requests_json(found: Relationship) -> list[dict[str, object]]:
    if found.status == "created":
        return []
    actions = ["lockForApproval", "terminate"] if found.status == "terminated" else ["lockForApproval"]
    return [
        {
            "@odata.type": "#microsoft.graph.delegatedAdminRelationshipRequest",
            "@odata.etag": etag(found.id, action),
            "id": derived_id(found.id, action),
            "action": action,
            "status": "succeeded",
            "createdDateTime": stamp(found.created_at + 60),
            "lastModifiedDateTime": stamp(found.created_at + 60),
        }
        for action in actions
    ]


def operations_json(found: Relationship, *, seed: int) -> list[dict[str, object]]:
    """The operations that changed its assignments; `data` is a JSON string, as Microsoft sends it."""
    return [
        {
            "@odata.type": "#microsoft.graph.delegatedAdminRelationshipOperation",
            "@odata.etag": etag(found.id, "operation", str(assignment["id"])),
            "id": derived_id(found.id, "operation", str(assignment["id"])),
            "operationType": "delegatedAdminAccessAssignmentUpdate",
            "data": orjson.dumps(
                {name: assignment[name] for name in ("id", "accessContainer", "accessDetails", "status")}
            ).decode(),
            "status": "succeeded",
            "createdDateTime": assignment["createdDateTime"],
            "lastModifiedDateTime": assignment["lastModifiedDateTime"],
        }
        for assignment in assignments_json(found, seed=seed)[:1]
    ]


def customer_json(tenant: Tenant) -> dict[str, object]:
    return {
        "@odata.type": "#microsoft.graph.delegatedAdminCustomer",
        "@odata.etag": etag(tenant.tenant_id, "customer"),
        "id": tenant.tenant_id,
        "tenantId": tenant.tenant_id,
        "displayName": tenant.name,
    }


_PORTALS = (
    ("Azure Active Directory", "https://aad.portal.azure.com/{initial}"),
    ("Exchange", "https://admin.exchange.microsoft.com/?landingpage=homepage&form=mac_sidebar&delegatedOrg={initial}"),
    ("Intune", "https://intune.microsoft.com/{initial}"),
    ("Microsoft 365 Admin Center", "https://admin.microsoft.com/?delegatedOrg={initial}"),
    ("Microsoft 365 Lighthouse", "https://lighthouse.microsoft.com"),
    ("Security", "https://security.microsoft.com/?tid={tid}"),
    ("SharePoint", "https://{prefix}-admin.sharepoint.com"),
    ("Teams", "https://admin.teams.microsoft.com/?delegatedOrg={initial}"),
    ("Dynamics 365 Business Central", "https://businesscentral.dynamics.com/{tid}/admin"),
)


def portals_json(tenant: Tenant) -> list[dict[str, object]]:
    """serviceManagementDetails: only what the tenant has, so every third one has no Business Central."""
    prefix = tenant.initial_domain.removesuffix(".onmicrosoft.com")
    chosen = _PORTALS if tenant.index % 3 else _PORTALS[:-1]
    return [
        {
            "@odata.type": "#microsoft.graph.delegatedAdminServiceManagementDetail",
            "id": derived_id(tenant.tenant_id, "portal", name),
            "serviceManagementUrl": url.format(initial=tenant.initial_domain, tid=tenant.tenant_id, prefix=prefix),
            "serviceName": name,
        }
        for name, url in chosen
    ]


def _access(roles: tuple[str, ...]) -> dict[str, object]:
    return {"unifiedRoles": [{"roleDefinitionId": role} for role in roles]}
