"""The partner's lists, read through the sandbox: relationships and their parts, groups, roles, what is left of DAP."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from customers.gdap.feeds import INTERVALS, add_missing_feeds, claim_feeds
from customers.gdap.parts import claim_parts, read_parts
from customers.gdap.reading import read_feed
from customers.models import (
    AccessAssignment,
    AdminRole,
    Connection,
    Customer,
    Feed,
    GdapFeed,
    GroupMember,
    Relationship,
    SecurityGroup,
)

pytestmark = pytest.mark.django_db
Kind = GdapFeed.Kind


def read_lists(*kinds):
    """Everything of these kinds, due or not; how many were read well."""
    add_missing_feeds()
    GdapFeed.objects.filter(kind__in=kinds or Kind).update(due_at=Now())
    GdapFeed.objects.exclude(kind__in=kinds or Kind).update(due_at=Now() + timedelta(days=1))
    return sum(read_feed(claim, now=timezone.now()) for claim in claim_feeds())


def read_all_parts():
    Relationship.objects.update(parts_due_at=Now())
    return read_parts(claim_parts(limit=500), now=timezone.now())


def test_all_that_customers_granted_is_read_with_who_holds_it(customers, sandbox, sandbox_world):
    assert read_lists(Kind.RELATIONSHIPS) == 1

    rows = Relationship.objects.all()
    assert rows.filter(status="active", customer__isnull=False).count() >= 8
    assert read_all_parts() == rows.count()
    active = rows.filter(status="active").first()
    assert {row.status for row in active.assignments.all()} == {"active"}
    assert active.requests.get().action == "lockForApproval"
    assert active.operations.exists()
    assert active.parts_read_at is not None
    assert active.parts_due_at > timezone.now() + timedelta(hours=12)


def test_a_second_reading_of_the_same_list_changes_nothing_and_costs_no_reading_of_parts(customers, sandbox):
    read_lists(Kind.RELATIONSHIPS)
    read_all_parts()
    before = list(Relationship.objects.order_by("pk").values())

    read_lists(Kind.RELATIONSHIPS)

    assert list(Relationship.objects.order_by("pk").values()) == before
    assert claim_parts(limit=500) == []


def test_an_empty_list_takes_nothing_away_and_says_so(customers, sandbox, sandbox_world):
    read_lists(Kind.RELATIONSHIPS)
    sandbox_world.partner.tenant.empty_answer = True

    read_lists(Kind.RELATIONSHIPS)

    assert not Relationship.objects.filter(gone_at__isnull=False).exists()
    assert GdapFeed.objects.get(kind=Kind.RELATIONSHIPS).problem == Feed.Problem.EMPTY


def test_a_relationship_that_the_list_forgets_is_no_longer_reported(customers, connection, sandbox, told):
    read_lists(Kind.RELATIONSHIPS)
    stray = Relationship.objects.create(connection=connection, microsoft_id="away", name="Old", status="expired")

    read_lists(Kind.RELATIONSHIPS)

    stray.refresh_from_db()
    assert stray.gone_at is not None
    assert Relationship.objects.filter(gone_at__isnull=True).exists()


def test_microsofts_time_to_wait_is_kept_by_lists_and_parts(customers, sandbox, sandbox_world):
    read_lists(Kind.RELATIONSHIPS)
    sandbox_world.partner.tenant.throttled_for = 300

    read_lists(Kind.RELATIONSHIPS)
    assert read_all_parts() == 0

    soon = timezone.now() + timedelta(seconds=250)
    feed = GdapFeed.objects.get(kind=Kind.RELATIONSHIPS)
    assert (feed.due_because, feed.problem, feed.failures) == ("WAIT", "THROTTLED", 0)
    assert feed.due_at > soon
    assert not Relationship.objects.filter(parts_due_at__lt=soon).exists()
    assert claim_feeds() == []


def test_denied_access_is_said_on_the_list_and_tried_rarely(customers, sandbox, sandbox_world):
    sandbox_world.partner.tenant.fail(403)
    assert read_lists(Kind.RELATIONSHIPS) == 0
    feed = GdapFeed.objects.get(kind=Kind.RELATIONSHIPS)
    assert (feed.problem, feed.due_because) == ("FORBIDDEN", "SET_ASIDE")
    assert feed.due_at > timezone.now() + timedelta(minutes=50)


def test_groups_are_read_with_the_people_of_those_that_hold_something(customers, sandbox):
    read_lists(Kind.RELATIONSHIPS)
    read_all_parts()
    assert read_lists(Kind.GROUPS) == 1

    held = set(AccessAssignment.objects.values_list("group_id", flat=True))
    named = SecurityGroup.objects.filter(group_id__in=held)
    assert len(named) == len(held)
    assert all(group.name and group.members_read_at for group in named)
    assert GroupMember.objects.filter(group__in=named, address__contains="@").exists()
    assert not GroupMember.objects.exclude(group__in=named).exists()


def test_who_leaves_a_group_and_a_group_that_is_deleted_are_noticed(customers, connection, sandbox):
    read_lists(Kind.RELATIONSHIPS)
    read_all_parts()
    read_lists(Kind.GROUPS)
    group = SecurityGroup.objects.filter(members__isnull=False)[0]
    gone = SecurityGroup.objects.create(connection=connection, group_id=connection.pk, name="Deleted")
    GroupMember.objects.create(group=group, object_id=connection.pk, name="Left")

    read_lists(Kind.GROUPS)

    gone.refresh_from_db()
    assert gone.gone_at is not None
    assert not GroupMember.objects.filter(name="Left").exists()


def test_microsofts_roles_are_read_by_name(customers, sandbox):
    assert read_lists(Kind.ROLES) == 1
    role = AdminRole.objects.get(pk="f023fd81-a637-4b56-95fd-791ac0226033")
    assert role.name.startswith("Service Support Administrator")
    assert role.read_at is not None
    assert not role.is_privileged
    read = AdminRole.objects.filter(name__in=("Conditional Access Administrator", "Password Administrator"))
    assert [one.is_privileged for one in read] == [True, True]


def test_every_privileged_role_of_a_relationship_is_marked(as_viewer, customers, sandbox):
    read_lists(Kind.RELATIONSHIPS)
    found = Relationship.objects.filter(status="active", role_ids__contains=["f2ef992c-3afb-46b9-b7cf-a126ee74c451"])[0]
    page = as_viewer.get(f"/delegated-access/relationships/{found.pk}/")
    strong = [name for name in page.context["roles"] if name in page.context["privileged"]]
    assert {"Global Reader", "Helpdesk Administrator"} <= set(strong)
    assert page.content.decode().count("privileged</span>") == len(strong)


def test_what_is_left_of_dap_is_asked_customer_by_customer_once_a_day(customers, sandbox, sandbox_world):
    sandbox_world.tenant(str(customers[0].tenant_id)).has_delegated_access = True
    sandbox_world.tenant(str(customers[1].tenant_id)).has_delegated_access = False
    assert read_lists(Kind.LEGACY) == 1
    told = dict(Customer.objects.values_list("pk", "allows_dap"))
    assert (told[customers[0].pk], told[customers[1].pk]) == (True, False)

    sandbox.forget_requests()
    read_lists(Kind.LEGACY)
    assert [one for one in sandbox.requests if "/v1/customers/" in one.path] == []


def test_two_workers_do_not_take_the_same_list_and_one_that_slept_marks_nothing(customers, sandbox):
    add_missing_feeds()
    GdapFeed.objects.exclude(kind=Kind.RELATIONSHIPS).update(due_at=Now() + timedelta(days=1))
    (slept,) = claim_feeds()
    assert claim_feeds() == []
    GdapFeed.objects.update(due_at=Now())
    woken = dict(claim_feeds())
    assert read_feed(slept, now=timezone.now()) is False
    assert not Relationship.objects.exists()
    assert woken[slept[0]] == slept[1] + 1


def test_a_cloud_without_delegated_administration_has_no_lists(connection, sandbox):
    Connection.objects.update(cloud="china")
    add_missing_feeds()
    assert not GdapFeed.objects.exists()
    assert set(INTERVALS) == set(Kind)
