"""The partner tenant's directory in Microsoft Graph: security groups, who is in them, and Microsoft Entra's roles."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from csp_portal.microsoft.clouds import Cloud
from csp_portal.microsoft.errors import Refused
from csp_portal.microsoft.fields import required_text, text
from csp_portal.microsoft.graph import items_at
from csp_portal.microsoft.http import Http


@dataclass(frozen=True, kw_only=True, slots=True)
class DirectoryGroup:
    id: str
    name: str

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(id=required_text(raw, "id", of="group"), name=text(raw, "displayName"))


@dataclass(frozen=True, kw_only=True, slots=True)
class DirectoryUser:
    """A person; `address` is the user principal name."""

    id: str
    name: str
    address: str

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(
            id=required_text(raw, "id", of="user"),
            name=text(raw, "displayName"),
            address=text(raw, "userPrincipalName"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleTemplate:
    """One of Microsoft's built-in roles; its id is the same in every tenant (resources/directoryroletemplate.md)."""

    id: str
    name: str
    description: str

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(
            id=required_text(raw, "id", of="role template"),
            name=text(raw, "displayName"),
            description=text(raw, "description"),
        )


def list_security_groups(http: Http, *, cloud: Cloud, token: str) -> Iterator[DirectoryGroup]:
    """Every security group of the token's tenant (api/group-list.md; GroupMember.Read.All)."""
    params = {"$filter": "securityEnabled eq true", "$select": "id,displayName", "$top": "999"}
    for raw in items_at(http, cloud=cloud, token=token, path="groups", params=params):
        yield DirectoryGroup.from_json(raw)


def read_group(http: Http, *, cloud: Cloud, token: str, group_id: str) -> DirectoryGroup | None:
    """One group of the token's tenant, or None where there is none (api/group-get.md)."""
    try:
        url = f"{cloud.graph_url}/v1.0/groups/{group_id}"
        return DirectoryGroup.from_json(
            http.get_json(url, cloud=cloud, token=token, params={"$select": "id,displayName"})
        )
    except Refused as refused:
        if refused.status == 404:
            return None
        raise


def list_group_members(http: Http, *, cloud: Cloud, token: str, group_id: str) -> Iterator[DirectoryUser]:
    """The people in a group, directly or through groups in it (api/group-list-transitivemembers.md).

    Picking people among the members is an "advanced query": without the header and $count Graph refuses it.
    """
    path = f"groups/{group_id}/transitiveMembers/microsoft.graph.user"
    params = {"$select": "id,displayName,userPrincipalName", "$count": "true", "$top": "999"}
    headers = {"ConsistencyLevel": "eventual"}
    for raw in items_at(http, cloud=cloud, token=token, path=path, params=params, headers=headers):
        yield DirectoryUser.from_json(raw)


def list_role_templates(http: Http, *, cloud: Cloud, token: str) -> Iterator[RoleTemplate]:
    """Microsoft Entra's built-in roles (api/directoryroletemplate-list.md; Directory.Read.All)."""
    for raw in items_at(http, cloud=cloud, token=token, path="directoryRoleTemplates"):
        yield RoleTemplate.from_json(raw)
