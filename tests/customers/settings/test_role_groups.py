"""The page on which owners say which Entra groups give which role."""

import time
from uuid import UUID

import pytest
from django.urls import reverse

from csp_portal.accounts.models import Role
from csp_portal.audit.actions import Action
from csp_portal.audit.models import Entry
from customers.models import Connection, RoleGroup
from tests.conftest import PASSKEY

GROUP = "6f1f3f60-8c52-4a51-9d0b-0f5f6a1f7c11"
FORM = {"group_id": GROUP, "name": "Service desk", "role": Role.SUPPORT_AGENT}


@pytest.fixture
def page(connection):
    return reverse("settings:role_groups", args=[connection.pk])


def remove_address(group):
    return reverse("settings:role_group_remove", args=[group.connection_id, group.pk])


def test_an_owner_adds_a_group_and_it_is_recorded(as_owner, owner, page, connection):
    answer = as_owner.post(page, FORM, follow=True)

    group = RoleGroup.objects.get()
    assert (group.connection, group.group_id, group.role) == (connection, UUID(GROUP), Role.SUPPORT_AGENT)
    assert "Service desk" in answer.content.decode()
    entry = Entry.objects.get(action=Action.ROLE_GROUP_ADDED)
    assert (entry.person_id, entry.about_id) == (owner.pk, str(connection.pk))
    assert entry.after == {"group_id": GROUP, "name": "Service desk", "role": "SUPPORT_AGENT"}


def test_an_owner_removes_a_group_and_it_is_recorded(as_owner, page):
    as_owner.post(page, FORM)

    as_owner.post(remove_address(RoleGroup.objects.get()))

    assert not RoleGroup.objects.exists()
    assert Entry.objects.get(action=Action.ROLE_GROUP_REMOVED).before["group_id"] == GROUP


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"group_id": "Service desk"}, "32 hexadecimal digits"),
        ({"role": Role.NONE}, "Select a valid choice"),
        ({"role": "GOD"}, "Select a valid choice"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(as_owner, page, change, sentence):
    answer = as_owner.post(page, {**FORM, **change})

    assert sentence in answer.content.decode()
    assert not RoleGroup.objects.exists()


def test_a_group_gives_one_role_only(as_owner, page):
    as_owner.post(page, FORM)

    answer = as_owner.post(page, {**FORM, "role": Role.OWNER})

    assert "gives a role already" in answer.content.decode()
    assert RoleGroup.objects.get().role == Role.SUPPORT_AGENT


def test_a_group_is_removed_at_its_own_connection_only(as_owner, page, connection):
    as_owner.post(page, FORM)
    other = Connection.objects.create(
        name="Other", cloud="custom", partner_tenant_id=connection.partner_tenant_id, client_id=connection.client_id
    )

    answer = as_owner.post(reverse("settings:role_group_remove", args=[other.pk, RoleGroup.objects.get().pk]))

    assert answer.status_code == 404
    assert RoleGroup.objects.exists()


def test_only_owners_come_here(signed_in, access_admin, page):
    client = signed_in(access_admin)

    assert client.get(page).status_code == 403
    assert client.post(page, FORM).status_code == 403
    assert not RoleGroup.objects.exists()


def test_it_needs_a_fresh_proof(signed_in, owner, page, connection):
    group = RoleGroup.objects.create(connection=connection, group_id=GROUP, name="Service desk", role=Role.VIEWER)
    client = signed_in(owner, proofs=({**PASSKEY, "at": time.time() - 3600},))

    assert client.get(page)["Location"].startswith(reverse("account_confirm"))
    assert client.post(page, FORM).status_code == 403
    assert client.post(remove_address(group)).status_code == 403
    assert RoleGroup.objects.get() == group
