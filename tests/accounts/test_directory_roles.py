"""Roles that the directory gives: by app role and by group, taken back when it names none any more."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.db import connection as database
from django.db import transaction
from django.test import Client

from csp_portal.accounts.models import Role, RoleFrom, User
from csp_portal.accounts.people import change_role, shut_out, take_in_from_microsoft
from csp_portal.audit.actions import Action
from csp_portal.audit.models import Entry
from csp_portal.microsoft.sandbox.tenants import SERVICE_DESK
from customers.models import RoleGroup

pytestmark = pytest.mark.filterwarnings("ignore:response_mode=")


@pytest.fixture
def service_desk(sandbox_world):
    return sandbox_world.partner.groups[SERVICE_DESK]


@pytest.fixture
def give(connection, service_desk):
    """Let the newcomer's group give a role."""
    return lambda role: RoleGroup.objects.create(
        connection=connection, group_id=service_desk, name="A group", role=role
    )


@pytest.fixture
def sign_in(microsoft_sign_in, sandbox_world):
    """Sign the newcomer in with what the directory says of her now; returns the person."""
    people = sandbox_world.partner.people
    place = next(place for place, person in enumerate(people) if not person.roles)

    def enter(**changes):
        people[place] = replace(people[place], **changes)
        vars(enter)["answer"] = microsoft_sign_in(Client(), people[place])
        return User.objects.get(microsoft_object_id=people[place].object_id)

    return enter


def test_a_group_gives_the_role_that_an_owner_mapped(sign_in, give):
    give(Role.SUPPORT_AGENT)

    person = sign_in()

    assert (person.role, person.role_from) == (Role.SUPPORT_AGENT, RoleFrom.DIRECTORY)


@pytest.mark.parametrize(
    ("app_roles", "group_role", "role"),
    [
        (("Portal.Viewer",), Role.ACCESS_ADMIN, Role.ACCESS_ADMIN),
        (("Portal.AccessAdmin",), Role.VIEWER, Role.ACCESS_ADMIN),
        (("Portal.Viewer", "Portal.Owner"), Role.SUPPORT_AGENT, Role.OWNER),
        (("Portal.Nonsense",), Role.AUDITOR, Role.AUDITOR),
    ],
)
def test_of_app_roles_and_groups_the_most_able_counts(sign_in, give, app_roles, group_role, role):
    give(group_role)

    assert sign_in(roles=app_roles).role == role


def test_a_group_of_another_connection_gives_nothing(sign_in, connection, service_desk):
    other = type(connection).objects.create(
        name="Other", cloud="custom", partner_tenant_id=connection.partner_tenant_id, client_id=connection.client_id
    )
    RoleGroup.objects.create(connection=other, group_id=service_desk, name="A group", role=Role.OWNER)

    assert sign_in().role == Role.NONE


def test_a_group_is_never_known_by_a_name(sign_in, give):
    give(Role.OWNER)

    assert sign_in(groups=(SERVICE_DESK, "A group")).role == Role.NONE


def test_a_role_of_the_directory_falls_when_it_names_none_any_more(sign_in, give):
    group = give(Role.SUPPORT_AGENT)
    sign_in()
    group.delete()

    person = sign_in()

    assert person.role == Role.NONE
    entry = Entry.objects.get(action=Action.PERSON_ROLE_CHANGED)
    assert (entry.person_id, entry.before, entry.after) == (
        None,
        {"role": "SUPPORT_AGENT"},
        {"role": "NONE", "from": "DIRECTORY"},
    )


def test_an_app_role_that_was_taken_away_falls_too(sign_in):
    assert sign_in(roles=("Portal.AccessAdmin",)).role == Role.ACCESS_ADMIN
    assert sign_in(roles=()).role == Role.NONE


def test_a_role_given_by_an_owner_stays_while_the_directory_names_none(sign_in, owner):
    change_role(sign_in(), Role.ACCESS_ADMIN, by=owner)

    person = sign_in()

    assert (person.role, person.role_from) == (Role.ACCESS_ADMIN, RoleFrom.OWNER)


def test_the_last_owner_stays_when_the_directory_names_no_role_any_more(sign_in):
    sign_in(roles=("Portal.Owner",))

    assert sign_in(roles=()).role == Role.OWNER


def test_one_of_two_owners_does_not(sign_in, owner):
    sign_in(roles=("Portal.Owner",))

    assert sign_in(roles=()).role == Role.NONE


def test_a_disabled_person_stays_out_whatever_the_directory_says(sign_in, owner):
    person = sign_in(roles=("Portal.Viewer",))
    shut_out(person, by=owner)

    again = sign_in(roles=("Portal.Owner",))

    assert not again.is_active
    assert "switched off" in " ".join(str(message) for message in sign_in.answer.context["messages"])


class TestHiddenGroups:
    """Microsoft names no group at all of people who are in more than two hundred."""

    @pytest.fixture(autouse=True)
    def hidden(self, sandbox_world):
        def hide():
            sandbox_world.sign_in_fault = "hidden-groups"

        return hide

    def test_a_newcomer_gets_no_role_by_group_and_reads_why(self, sign_in, give, hidden):
        give(Role.SUPPORT_AGENT)
        hidden()

        assert sign_in().role == Role.NONE
        assert "more groups than Microsoft names" in " ".join(str(m) for m in sign_in.answer.context["messages"])

    def test_a_role_of_the_directory_is_kept_and_not_raised(self, sign_in, give, hidden):
        give(Role.SUPPORT_AGENT)
        sign_in()
        RoleGroup.objects.update(role=Role.OWNER)
        hidden()

        assert sign_in().role == Role.SUPPORT_AGENT

    @pytest.mark.parametrize(
        ("app_role", "role"),
        [("Portal.Owner", Role.OWNER), ("Portal.Viewer", Role.SUPPORT_AGENT)],
    )
    def test_app_roles_still_count_and_lower_nothing(self, sign_in, give, hidden, app_role, role):
        give(Role.SUPPORT_AGENT)
        sign_in()
        hidden()

        assert sign_in(roles=(app_role,)).role == role

    def test_where_no_group_counts_nothing_is_missed(self, sign_in, hidden):
        hidden()
        sign_in(roles=("Portal.Viewer",))

        assert sign_in(roles=()).role == Role.NONE


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_at_the_moment_of_a_demotion_does_not_bring_the_role_back():
    facts: Any = {"tenant_id": UUID(int=1), "object_id": UUID(int=2), "name": "Ada", "mail": "ada@partner.example"}
    person = User.objects.create_from_microsoft(**facts, role=Role.ACCESS_ADMIN)
    owner = User.objects.create_local("o@partner.example", name="O", role=Role.OWNER, password="x")

    def sign_in():
        try:
            take_in_from_microsoft(**facts, role=None, is_whole=True)
        finally:
            database.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            change_role(person, Role.VIEWER, by=owner)
            signing_in = pool.submit(sign_in)
            assert _somebody_waits()
        signing_in.result(timeout=60)

    person.refresh_from_db()
    assert person.role == Role.VIEWER


def _somebody_waits():
    for _ in range(1_200):
        with database.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.05)
    return False
