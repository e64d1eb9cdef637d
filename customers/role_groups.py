"""The role that a partner's directory gives: app roles and mapped groups, changed by owners only."""

from uuid import UUID

from django.db import transaction

from csp_portal.accounts.models import Role, User
from csp_portal.accounts.people import most_able, role_of
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.microsoft.sign_in import SignedIn
from customers.models import Connection, RoleGroup


def role_in_directory(connection: Connection, who: SignedIn) -> Role | None:
    """The most able role that the person's app roles and groups give through this connection, or None."""
    mapped = RoleGroup.objects.filter(connection=connection, group_id__in=_ids(who.groups)).values_list(
        "role", flat=True
    )
    return most_able([role_of(who.roles), *(Role(role) for role in mapped)])


def misses_groups(connection: Connection, who: SignedIn) -> bool:
    """Whether a group that would count may be among those that Microsoft did not name."""
    return who.has_hidden_groups and RoleGroup.objects.filter(connection=connection).exists()


@transaction.atomic
def add_role_group(group: RoleGroup, *, by: User) -> None:
    group.save(force_insert=True)
    record(Action.ROLE_GROUP_ADDED, by=by, about=group.connection, after=_told(group))


@transaction.atomic
def remove_role_group(group: RoleGroup, *, by: User) -> None:
    """Whom it gave a role loses it with the next sign-in."""
    record(Action.ROLE_GROUP_REMOVED, by=by, about=group.connection, before=_told(group))
    group.delete()


def _told(group: RoleGroup) -> dict[str, object]:
    return {"group_id": group.group_id, "name": group.name, "role": group.role}


def _ids(groups: tuple[str, ...]) -> list[UUID]:
    """Object IDs only: a directory may be told to send names instead, which anybody may choose."""
    found = []
    for group in groups:
        try:
            found.append(UUID(group))
        except ValueError:
            continue
    return found
