"""Granular delegated admin privileges (GDAP) in Microsoft Graph: what customers granted, as frozen values.

Everything here is asked with a token of the partner's own tenant (reference part 2).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from urllib.parse import urljoin

from csp_portal.microsoft.clouds import Cloud
from csp_portal.microsoft.fields import moment, part, parts, required_text, text
from csp_portal.microsoft.graph import items_at
from csp_portal.microsoft.http import Http

RELATIONSHIPS = "tenantRelationships/delegatedAdminRelationships"
LARGEST_PAGE = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class DelegatedAdminRelationship:
    """A GDAP relationship; durations are ISO 8601 as sent, `status` is raw, `etag` is needed to change it."""

    id: str
    etag: str
    name: str
    status: str
    customer_tenant_id: str
    customer_name: str
    role_ids: tuple[str, ...]
    duration: str
    auto_extend_duration: str
    created_at: datetime | None
    activated_at: datetime | None
    ends_at: datetime | None
    last_modified_at: datetime | None
    is_partner_consent_pending: bool
    indirect_provider_tenant_id: str

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        customer = part(raw, "customer")
        return cls(
            id=required_text(raw, "id", of="delegated admin relationship"),
            etag=text(raw, "@odata.etag"),
            name=text(raw, "displayName"),
            status=required_text(raw, "status", of="delegated admin relationship"),
            customer_tenant_id=text(customer, "tenantId"),
            customer_name=text(customer, "displayName"),
            role_ids=_role_ids(raw),
            duration=text(raw, "duration"),
            auto_extend_duration=text(raw, "autoExtendDuration"),
            created_at=moment(raw, "createdDateTime", of="delegated admin relationship"),
            activated_at=moment(raw, "activatedDateTime", of="delegated admin relationship"),
            ends_at=moment(raw, "endDateTime", of="delegated admin relationship"),
            last_modified_at=moment(raw, "lastModifiedDateTime", of="delegated admin relationship"),
            is_partner_consent_pending=raw.get("isPartnerConsentPending") is True,
            indirect_provider_tenant_id=text(raw, "indirectProviderTenantId"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessAssignment:
    """Which of the partner's groups holds which roles of a relationship."""

    id: str
    etag: str
    status: str
    group_id: str
    container_type: str
    role_ids: tuple[str, ...]
    created_at: datetime | None
    last_modified_at: datetime | None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        container = part(raw, "accessContainer")
        return cls(
            id=required_text(raw, "id", of="access assignment"),
            etag=text(raw, "@odata.etag"),
            status=required_text(raw, "status", of="access assignment"),
            group_id=text(container, "accessContainerId"),
            container_type=text(container, "accessContainerType"),
            role_ids=_role_ids(raw),
            created_at=moment(raw, "createdDateTime", of="access assignment"),
            last_modified_at=moment(raw, "lastModifiedDateTime", of="access assignment"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RelationshipRequest:
    """What somebody asked of a relationship; `action` and `status` are raw (Microsoft's own sample says "running")."""

    id: str
    action: str
    status: str
    created_at: datetime | None
    last_modified_at: datetime | None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(
            id=required_text(raw, "id", of="relationship request"),
            action=text(raw, "action"),
            status=text(raw, "status"),
            created_at=moment(raw, "createdDateTime", of="relationship request"),
            last_modified_at=moment(raw, "lastModifiedDateTime", of="relationship request"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RelationshipOperation:
    """A change that Microsoft works on; `data` is a JSON text, as sent."""

    id: str
    kind: str
    status: str
    data: str
    created_at: datetime | None
    last_modified_at: datetime | None

    @property
    def has_ended(self) -> bool:
        return self.status in ("succeeded", "failed")

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(
            id=required_text(raw, "id", of="relationship operation"),
            kind=text(raw, "operationType"),
            status=text(raw, "status"),
            data=text(raw, "data"),
            created_at=moment(raw, "createdDateTime", of="relationship operation"),
            last_modified_at=moment(raw, "lastModifiedDateTime", of="relationship operation"),
        )


def list_delegated_admin_relationships(http: Http, *, cloud: Cloud, token: str) -> Iterator[DelegatedAdminRelationship]:
    """Every GDAP relationship of the token's (partner) tenant; a page holds at most 300."""
    params = {"$top": str(LARGEST_PAGE)}
    for raw in items_at(http, cloud=cloud, token=token, path=RELATIONSHIPS, params=params):
        yield DelegatedAdminRelationship.from_json(raw)


def read_delegated_admin_relationship(
    http: Http, *, cloud: Cloud, token: str, relationship_id: str
) -> DelegatedAdminRelationship:
    """One relationship as it is now, with the ETag that a change must name (api/delegatedadminrelationship-get.md).

    Refused with status 404 where there is none any more.
    """
    url = f"{cloud.graph_url}/v1.0/{RELATIONSHIPS}/{relationship_id}"
    return DelegatedAdminRelationship.from_json(http.get_json(url, cloud=cloud, token=token))


def list_access_assignments(
    http: Http, *, cloud: Cloud, token: str, relationship_id: str
) -> Iterator[AccessAssignment]:
    path = f"{RELATIONSHIPS}/{relationship_id}/accessAssignments"
    for raw in items_at(http, cloud=cloud, token=token, path=path):
        yield AccessAssignment.from_json(raw)


def read_access_assignment(
    http: Http, *, cloud: Cloud, token: str, relationship_id: str, assignment_id: str
) -> AccessAssignment:
    url = f"{cloud.graph_url}/v1.0/{RELATIONSHIPS}/{relationship_id}/accessAssignments/{assignment_id}"
    return AccessAssignment.from_json(http.get_json(url, cloud=cloud, token=token))


def list_relationship_requests(
    http: Http, *, cloud: Cloud, token: str, relationship_id: str
) -> Iterator[RelationshipRequest]:
    for raw in items_at(http, cloud=cloud, token=token, path=f"{RELATIONSHIPS}/{relationship_id}/requests"):
        yield RelationshipRequest.from_json(raw)


def list_relationship_operations(
    http: Http, *, cloud: Cloud, token: str, relationship_id: str
) -> Iterator[RelationshipOperation]:
    for raw in items_at(http, cloud=cloud, token=token, path=f"{RELATIONSHIPS}/{relationship_id}/operations"):
        yield RelationshipOperation.from_json(raw)


def read_operation(http: Http, *, cloud: Cloud, token: str, url: str) -> RelationshipOperation:
    """The operation whose address a change was answered with; a foreign address is refused before anything is sent."""
    whole = urljoin(f"{cloud.graph_url}/", url)
    return RelationshipOperation.from_json(http.get_json(whole, cloud=cloud, token=token))


def _role_ids(raw: Mapping[str, Any]) -> tuple[str, ...]:
    roles = parts(part(raw, "accessDetails"), "unifiedRoles")
    return tuple(required_text(role, "roleDefinitionId", of="role") for role in roles)
