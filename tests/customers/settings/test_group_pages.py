"""Settings → Groups, and which customers a person sees."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry
from customers.access import visible_customers
from customers.models import CustomerGroup
from health.models import NoticeRun, Share
from health.shares.keeping import make_share
from tests.rights.conftest import Trade, give_scope, trade  # noqa: F401

FORM = {"name": "East", "tags": "north, vip", "clouds": ["global"], "words": ""}


def test_a_group_is_made_of_a_rule_and_hand_picked_customers(as_owner, trade: Trade):  # noqa: F811
    picked = {"added": f"{trade.foreign.domain}\n", "left_out": str(trade.own.tenant_id)}

    assert as_owner.post("/settings/groups/new/", {**FORM, **picked}).status_code == 302

    group = CustomerGroup.objects.get(name="East")
    assert (group.tags, group.clouds) == (["north", "vip"], ["global"])
    assert (list(group.added.all()), list(group.left_out.all())) == ([trade.foreign], [trade.own])
    assert Entry.objects.get().after["left_out"] == [str(trade.own.tenant_id)]


def test_a_group_is_changed_and_the_audit_says_how(as_owner, trade: Trade):  # noqa: F811
    as_owner.post(f"/settings/groups/{trade.north.pk}/", {**FORM, "tags": "south"})

    trade.north.refresh_from_db()
    assert (trade.north.name, trade.north.tags) == ("East", ["south"])
    entry = Entry.objects.get()
    assert (entry.before["tags"], entry.after["tags"]) == (["north"], ["south"])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "NORTH"}, "name"),
        ({"clouds": ["mars"]}, "clouds"),
        ({"connections": ["x"]}, "connections"),
        ({"added": "nowhere.example"}, "added"),
        ({"left_out": "a " * 501}, "left_out"),
        ({"tags": "t" * 41}, "tags"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_saved(as_owner, trade: Trade, wrong, field):  # noqa: F811
    answer = as_owner.post("/settings/groups/new/", {**FORM, **wrong})

    assert list(answer.context["form"].errors) == [field]
    assert CustomerGroup.objects.count() == 2


def test_the_preview_shows_who_would_be_in(as_owner, trade: Trade):  # noqa: F811
    page = as_owner.post("/settings/groups/preview/", {"tags": "north", "name": ""}).content.decode()

    assert "Northwind" in page
    assert "Fabrikam" not in page
    assert CustomerGroup.objects.count() == 2


def test_the_list_counts_customers_and_people(as_owner, viewer, trade: Trade):  # noqa: F811
    give_scope(viewer, User.Sees.ONLY, trade.north)

    rows = as_owner.get("/settings/groups/").context["groups"]

    assert [(group.name, group.person_count, count) for group, count in rows] == [("North", 1, 1), ("South", 0, 1)]


def test_a_group_that_decides_what_somebody_sees_is_not_deleted(as_owner, viewer, trade: Trade):  # noqa: F811
    give_scope(viewer, User.Sees.ONLY, trade.north)

    page = as_owner.post(f"/settings/groups/{trade.north.pk}/delete/", follow=True).content.decode()

    assert viewer.name in page
    assert CustomerGroup.objects.filter(pk=trade.north.pk).exists()


@pytest.mark.parametrize("part", ["groups_in", "groups_out"])
def test_a_group_that_narrows_a_notice_run_is_not_deleted_before_its_notices_are_written(
    as_owner,
    support_agent,
    access_admin,
    trade: Trade,  # noqa: F811
    part,
):
    run = NoticeRun.objects.create(
        kind="MANUAL", topic="INCIDENTS", title="Mail is slow", audience="ALL", author=support_agent, state="WAITING"
    )
    getattr(run, part).add(trade.north)

    page = as_owner.post(f"/settings/groups/{trade.north.pk}/delete/", follow=True).content.decode()

    assert (
        "These alert rules, notice runs or signed links speak of North: Mail is slow. Change or revoke them first."
        in page
    )
    assert getattr(run, part).count() == 1
    NoticeRun.objects.update(state="DONE", approver=access_admin)
    as_owner.post(f"/settings/groups/{trade.north.pk}/delete/")
    assert not CustomerGroup.objects.filter(pk=trade.north.pk).exists()


def test_a_group_that_a_link_shows_is_not_deleted_before_the_link_is_over(as_owner, support_agent, trade: Trade):  # noqa: F811
    now = timezone.now()
    told: dict[str, Any] = {
        "kind": Share.Kind.WALLBOARD,
        "name": "Hall",
        "language": "en",
        "lifetime": timedelta(days=1),
        "now": now,
    }
    make_share(support_agent, group=trade.north, **told)
    there = f"/settings/groups/{trade.north.pk}/"
    assert "Wallboard Hall" in as_owner.get(there).content.decode()
    assert "delete/" not in as_owner.get(there).content.decode()

    page = as_owner.post(f"{there}delete/", follow=True).content.decode()
    assert "signed links speak of North: Wallboard Hall." in page
    assert Share.objects.filter(group=trade.north).exists()

    Share.objects.update(revoked_at=now)
    as_owner.post(f"{there}delete/")
    assert not CustomerGroup.objects.filter(pk=trade.north.pk).exists()


def test_a_group_that_nobody_needs_is_deleted(as_owner, trade: Trade):  # noqa: F811
    as_owner.post(f"/settings/groups/{trade.north.pk}/delete/")

    assert not CustomerGroup.objects.filter(pk=trade.north.pk).exists()
    assert Entry.objects.get().before["name"] == "North"


def test_an_owner_chooses_what_a_person_sees(as_owner, viewer, trade: Trade):  # noqa: F811
    as_owner.post(f"/settings/people/{viewer.pk}/", {"sees": "ONLY", "groups": [trade.north.pk]})

    person = User.objects.get(pk=viewer.pk)
    assert [customer.name for customer in visible_customers(person)] == ["Northwind"]
    entry = Entry.objects.get()
    assert (entry.before, entry.after) == ({"sees": "ALL", "groups": []}, {"sees": "ONLY", "groups": ["North"]})


@pytest.mark.parametrize("sees", ["ONLY", "ALL_EXCEPT"])
def test_a_scope_without_a_group_is_asked_about_and_changes_nothing(as_owner, viewer, trade: Trade, sees):  # noqa: F811
    answer = as_owner.post(f"/settings/people/{viewer.pk}/", {"sees": sees})

    assert "groups" in answer.context["form"].errors
    assert User.objects.get(pk=viewer.pk).sees == User.Sees.ALL


def test_the_list_of_people_names_the_groups_that_somebody_sees(as_owner, viewer, trade: Trade):  # noqa: F811
    give_scope(viewer, User.Sees.ONLY, trade.north)

    assert "Only customers of these groups: North" in as_owner.get("/people/").content.decode()


def test_nobody_narrows_an_owner_or_themselves(as_owner, owner, trade: Trade):  # noqa: F811
    other = User.objects.create_local("o@partner.example", name="Other", role=owner.role, password="x")
    for person in (owner, other):
        answer = as_owner.post(f"/settings/people/{person.pk}/", {"sees": "ONLY", "groups": [trade.north.pk]})
        assert answer.context["form"].non_field_errors()

    assert set(User.objects.values_list("sees", flat=True)) == {"ALL"}


def test_a_fresh_proof_is_asked_for(owner, viewer, signed_in, trade: Trade):  # noqa: F811
    client = signed_in(owner, proofs=({"method": "mfa", "type": "webauthn", "at": 1.0},))

    assert client.post(f"/settings/people/{viewer.pk}/", {"sees": "ONLY"}).status_code == 403
    assert client.post("/settings/groups/new/", FORM).status_code == 403
    assert client.post(f"/settings/groups/{trade.north.pk}/delete/").status_code == 403
