"""What is done with people: taking them in, giving them a role, letting them in and shutting them out."""

import secrets
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from csp_portal.accounts.models import SEE_EVERYONE, ApiToken, Role, RoleFrom, User
from csp_portal.accounts.sessions import end_sessions
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record

# App roles of the app registration (learn.microsoft.com, howto-add-app-roles-in-apps), the most able first.
ROLE_OF_APP_ROLE = {
    "Portal.Owner": Role.OWNER,
    "Portal.AccessAdmin": Role.ACCESS_ADMIN,
    "Portal.Auditor": Role.AUDITOR,
    "Portal.SupportAgent": Role.SUPPORT_AGENT,
    "Portal.Viewer": Role.VIEWER,
}
MOST_ABLE_FIRST = tuple(ROLE_OF_APP_ROLE.values())


class PeopleError(ValueError):
    """What was asked for would shut the portal's owners out; the sentence says why."""


def role_of(app_roles: Collection[str]) -> Role | None:
    """The most able of our roles that the token names, or None where it names none of ours."""
    return most_able(ROLE_OF_APP_ROLE.get(name) for name in app_roles)


def most_able(roles: Iterable[Role | None]) -> Role | None:
    """The role with the most rights, or None where there is none."""
    given = set(roles)
    return next((role for role in MOST_ABLE_FIRST if role in given), None)


@transaction.atomic
def take_in_from_microsoft(
    *, tenant_id: UUID, object_id: UUID, name: str, mail: str, role: Role | None, is_whole: bool
) -> User:
    """The person of this tenant and object id, made on the first sign-in; nobody is ever found by a mail address.

    Name, address and role follow the directory at each sign-in. `role` is what the directory names, if anything;
    `is_whole` says whether all of it was heard: Microsoft hides the groups of people who are in very many.
    """
    person, is_new = User.objects.select_for_update().get_or_create(
        microsoft_tenant_id=tenant_id, microsoft_object_id=object_id, defaults={"role_from": RoleFrom.DIRECTORY}
    )
    before = person.role
    _follow_directory(person, named=role, is_whole=is_whole)
    person.name, person.microsoft_mail = name[:200] or mail[:200], mail[:320]
    if is_new:
        person.set_unusable_password()
    person.save(update_fields=["name", "microsoft_mail", "role", "role_from", "sees", "password"])
    if is_new:
        record(Action.PERSON_ADDED, by=None, about=person, after={"role": person.role, "address": mail})
    elif before != person.role:
        after = {"role": person.role, "from": RoleFrom.DIRECTORY}
        record(Action.PERSON_ROLE_CHANGED, by=None, about=person, before={"role": before}, after=after)
    return person


def generate_password() -> str:
    """About 120 bits, to be shown once."""
    return secrets.token_urlsafe(15)


@transaction.atomic
def change_role(person: User, role: Role, *, by: User) -> None:
    """Give the person another role; it counts from their next request on."""
    if person.pk == by.pk:
        raise PeopleError(_("Nobody changes their own role. Ask another owner."))
    if role != Role.OWNER and _is_last_owner(person):
        raise PeopleError(_("This is the last owner who may sign in. Make somebody else an owner first."))
    before = person.role
    _give_role(person, role, given_by=RoleFrom.OWNER)
    person.save(update_fields=["role", "role_from", "sees"])
    record(Action.PERSON_ROLE_CHANGED, by=by, about=person, before={"role": before}, after={"role": role})


@transaction.atomic
def shut_out(person: User, *, by: User) -> None:
    """Disable the person; sessions and API tokens end at once and stay ended when they are let in again."""
    if person.pk == by.pk:
        raise PeopleError(_("Nobody disables themselves. Ask another owner."))
    if _is_last_owner(person):
        raise PeopleError(_("This is the last owner who may sign in. Make somebody else an owner first."))
    person.is_active = False
    person.save(update_fields=["is_active"])
    ApiToken.objects.filter(user=person).delete()
    end_sessions(person)
    record(Action.PERSON_DISABLED, by=by, about=person, before={"is_active": True}, after={"is_active": False})


@transaction.atomic
def let_in(person: User, *, by: User) -> None:
    person.is_active = True
    person.save(update_fields=["is_active"])
    record(Action.PERSON_ENABLED, by=by, about=person, before={"is_active": False}, after={"is_active": True})


@transaction.atomic
def add_person(email: str, *, name: str, role: Role, password: str, by: User | None) -> User:
    """Somebody who signs in with a password; `by` None is a command on the console."""
    person = User.objects.create_local(email, name=name, role=role, password=password)
    record(Action.PERSON_ADDED, by=by, about=person, after={"role": role, "address": person.address})
    return person


def _follow_directory(person: User, *, named: Role | None, is_whole: bool) -> None:
    """What the directory gave it may change and take back; what an owner gave stays until the directory names a role.

    Where only a part of the directory's word was heard, a role that it gave is not lowered. The last owner stays.
    """
    held = Role(person.role)
    if person.role_from == RoleFrom.DIRECTORY:
        named = (named or Role.NONE) if is_whole else most_able((named, held))
    if named is not None and (named == Role.OWNER or not _is_last_owner(person)):
        _give_role(person, named, given_by=RoleFrom.DIRECTORY)


def _give_role(person: User, role: Role, *, given_by: RoleFrom) -> None:
    """Owners and auditors see all customers, whatever the person saw before."""
    person.role, person.role_from = role, given_by
    if role in SEE_EVERYONE:
        person.sees = User.Sees.ALL


def _is_last_owner(person: User) -> bool:
    """Whether no other owner may sign in; the owners' rows stay locked, so that two can't demote each other at once."""
    owners = User.objects.select_for_update().filter(role=Role.OWNER, is_active=True).order_by("pk")
    return [owner.pk for owner in owners] == [person.pk]
