"""Delegated administration as the partner's tenant sees it: relationships with their parts, as things and as JSON."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from csp_portal.microsoft.sandbox.directory import derived_id
from csp_portal.microsoft.sandbox.issues import stamp
from csp_portal.microsoft.sandbox.tenants import Tenant

DAY = 86_400.0


class Step(NamedTuple):
    """What the clock brings: at `at` (unix seconds) `run` is called, if the relationship then has this status."""

    at: float
    status: str | None
    run: Callable[[float], None]


@dataclass(kw_only=True, slots=True)
class Assignment:
    """Which of the partner's groups holds which roles of a relationship."""

    id: str
    group_id: str
    roles: tuple[str, ...]
    status: str
    created_at: float
    changed_at: float
    etag: str


@dataclass(kw_only=True, slots=True)
class Request:
    id: str
    action: str
    status: str
    created_at: float
    changed_at: float
    etag: str


@dataclass(kw_only=True, slots=True)
class Operation:
    id: str
    kind: str
    data: dict[str, object]
    status: str
    created_at: float
    changed_at: float
    etag: str


@dataclass(kw_only=True, slots=True)
class Parts:
    """What hangs on a relationship, by id, in the order of its making."""

    assignments: dict[str, Assignment] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)


@dataclass(kw_only=True, slots=True)
class Relationship:
    """A GDAP relationship; moments are unix seconds, None where it never came to that.

    `tenant` is None while any customer may accept it; `provider_id` names the indirect provider whose offer it is.
    """

    id: str
    tenant: Tenant | None
    display_name: str
    status: str
    roles: tuple[str, ...]
    duration: str
    auto_extends: bool
    created_at: float
    activated_at: float | None = None
    ended_at: float | None = None
    changes: int = 0
    changed_at: float | None = None
    provider_id: str = ""
    consent_pending: bool = False
    steps: list[Step] = field(default_factory=list)
    parts: Parts | None = None  # those of a seeded one are made when somebody first looks


def etag(*parts: str) -> str:
    return f'W/"{b64encode(derived_id(*parts).encode()).decode()}"'


def relationship_etag(found: Relationship) -> str:
    return etag(found.id, str(found.changes)) if found.changes else etag(found.id)


def relationship_json(found: Relationship) -> dict[str, object]:
    modified = found.changed_at or found.activated_at or found.created_at
    customer = found.tenant and {"tenantId": found.tenant.tenant_id, "displayName": found.tenant.name}
    indirect: dict[str, object] = {}
    if found.provider_id:
        indirect = {"isPartnerConsentPending": found.consent_pending, "indirectProviderTenantId": found.provider_id}
    kind = "resellerDelegatedAdminRelationship" if found.provider_id else "delegatedAdminRelationship"
    return {
        "@odata.type": f"#microsoft.graph.{kind}",
        "@odata.etag": relationship_etag(found),
        "id": found.id,
        "displayName": found.display_name,
        "duration": found.duration,
        "customer": customer,
        "accessDetails": access_json(found.roles),
        "status": found.status,
        "autoExtendDuration": "P180D" if found.auto_extends else "PT0S",
        "createdDateTime": stamp(found.created_at),
        "lastModifiedDateTime": stamp(modified),
        "activatedDateTime": None if found.activated_at is None else stamp(found.activated_at),
        "endDateTime": None if found.ended_at is None else stamp(found.ended_at),
        **indirect,
    }


def assignment_json(found: Assignment) -> dict[str, object]:
    return {
        "@odata.type": "#microsoft.graph.delegatedAdminAccessAssignment",
        "@odata.etag": found.etag,
        "id": found.id,
        "status": found.status,
        "createdDateTime": stamp(found.created_at),
        "lastModifiedDateTime": stamp(found.changed_at),
        "accessContainer": {"accessContainerId": found.group_id, "accessContainerType": "securityGroup"},
        "accessDetails": access_json(found.roles),
    }


def request_json(found: Request) -> dict[str, object]:
    return {
        "@odata.type": "#microsoft.graph.delegatedAdminRelationshipRequest",
        "@odata.etag": found.etag,
        "id": found.id,
        "action": found.action,
        "status": found.status,
        "createdDateTime": stamp(found.created_at),
        "lastModifiedDateTime": stamp(found.changed_at),
    }


def operation_json(found: Operation) -> dict[str, object]:
    """`data` is a JSON string, as Microsoft sends it."""
    return {
        "@odata.type": "#microsoft.graph.delegatedAdminRelationshipOperation",
        "@odata.etag": found.etag,
        "id": found.id,
        "operationType": found.kind,
        "data": orjson.dumps(found.data).decode(),
        "status": found.status,
        "createdDateTime": stamp(found.created_at),
        "lastModifiedDateTime": stamp(found.changed_at),
    }


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


def access_json(roles: tuple[str, ...]) -> dict[str, object]:
    return {"unifiedRoles": [{"roleDefinitionId": role} for role in roles]}
