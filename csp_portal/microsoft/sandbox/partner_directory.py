"""The directory of the partner's own tenant: its people, its groups, and who is in them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from csp_portal.microsoft.sandbox.directory import derived_id
from csp_portal.microsoft.sandbox.tenants import SERVICE_DESK, PartnerTenant


@dataclass(kw_only=True, slots=True)
class User:
    id: str
    name: str
    address: str


@dataclass(kw_only=True, slots=True)
class Group:
    """`members` are ids of people and of other groups."""

    id: str
    name: str
    description: str
    is_security: bool = True
    members: set[str] = field(default_factory=set)


# Name (as ids are derived from), display name, what it is for, members: mailboxes and names of other groups.
_GROUPS = (
    ("helpdesk", "Helpdesk", "First line", ("chihhao.lin", "sofia.ortega", "hana.sato", "omar.haddad")),
    ("cloud-engineers", "Cloud engineers", "Second line", ("jonas.weber", "chihhao.lin", "hana.sato")),
    ("gdap-readers", "GDAP Global Readers", "May look everywhere", ("amara.okafor", "helpdesk")),
    ("gdap-tickets", "GDAP Service Support", "Open requests with Microsoft", ("sofia.ortega", "helpdesk")),
    ("gdap-azure", "GDAP Directory Readers", "The least role for Azure", ("jonas.weber", "cloud-engineers")),
    ("gdap-exchange", "GDAP Exchange Administrators", "Mail", ("jonas.weber", "hana.sato")),
    ("gdap-users", "GDAP User Administrators", "Accounts and licenses", ("chihhao.lin", "omar.haddad")),
    ("gdap-security", "GDAP Security Administrators", "Incidents", ("jonas.weber", "lucia.ferri")),
    ("gdap-empty", "GDAP Intune Administrators", "Devices; nobody is in it yet", ()),
    ("admin-agents", "AdminAgents", "Made by Partner Center", ("meiling.chen", "jonas.weber", "azure-managers")),
    ("azure-managers", "Azure Managers", "Nested in AdminAgents", ("lucia.ferri",)),
)
# Colleagues who are in groups and not among those who may sign in to the portal.
_COLLEAGUES = (
    ("佐藤花 Hana Sato", "hana.sato"),
    ("Omar Haddad", "omar.haddad"),
    ("Lucia Ferri", "lucia.ferri"),
)


def group_id(name: str, *, seed: int) -> str:
    return derived_id(str(seed), "group", name)


class PartnerDirectory:
    """Groups and people may be taken away at any time; ids stay the same for the same seed."""

    def __init__(self, partner: PartnerTenant, *, seed: int) -> None:
        domain = partner.tenant.domain
        ours = [person for person in partner.people if person.tenant_id == partner.tenant_id]
        people = [User(id=one.object_id, name=one.name, address=one.email) for one in ours]
        people += [
            User(id=derived_id(str(seed), "user", mailbox), name=name, address=f"{mailbox}@{domain}")
            for name, mailbox in _COLLEAGUES
        ]
        self.users = {one.id: one for one in people}
        ids = {one.address.partition("@")[0]: one.id for one in people}
        ids |= {name: group_id(name, seed=seed) for name, *_ in _GROUPS}
        groups = [
            Group(id=ids[name], name=shown, description=purpose, members={ids[member] for member in members})
            for name, shown, purpose, members in _GROUPS
        ]
        desk = {one.object_id for one in ours if partner.groups[SERVICE_DESK] in one.groups}
        groups.append(Group(id=partner.groups[SERVICE_DESK], name=SERVICE_DESK, description="Tickets", members=desk))
        everyone = Group(
            id=group_id("everyone", seed=seed),
            name="All company",
            description="A Microsoft 365 group that grants nothing",
            is_security=False,
            members=set(self.users),
        )
        self.groups = {one.id: one for one in [*groups, everyone]}

    def security_group(self, group_id: str) -> Group | None:
        found = self.groups.get(group_id)
        return found if found is not None and found.is_security else None

    def named(self, name_or_id: str) -> Group:
        """The group with this id or display name; KeyError if there is none."""
        found = self.groups.get(name_or_id) or next((g for g in self.groups.values() if g.name == name_or_id), None)
        if found is None:
            raise KeyError(f"The partner has no group {name_or_id!r}.")
        return found

    def people_in(self, group: Group) -> list[User]:
        """Directly or through groups in it."""
        return [self.users[one] for one in sorted(self._within(group, seen=set())) if one in self.users]

    def delete_group(self, group: Group) -> None:
        self.groups = {key: one for key, one in self.groups.items() if one is not group}

    def _within(self, group: Group, *, seen: set[str]) -> Iterable[str]:
        for member in set(group.members) - seen:
            seen.add(member)
            if member in self.groups:
                self._within(self.groups[member], seen=seen)
        return seen


def group_json(found: Group) -> dict[str, object]:
    """The properties of Graph's group that are asked for (Graph docs, resources/group.md)."""
    return {
        "id": found.id,
        "deletedDateTime": None,
        "description": found.description,
        "displayName": found.name,
        "groupTypes": [] if found.is_security else ["Unified"],
        "isAssignableToRole": None,
        "mailEnabled": not found.is_security,
        "securityEnabled": found.is_security,
    }


def user_json(found: User) -> dict[str, object]:
    return {
        "@odata.type": "#microsoft.graph.user",
        "id": found.id,
        "displayName": found.name,
        "mail": found.address,
        "userPrincipalName": found.address,
    }
