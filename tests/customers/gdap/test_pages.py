"""The list of relationships and the page of one."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from customers.gdap.store import store_relationship, store_relationships
from customers.models import (
    AccessAssignment,
    AdminRole,
    Connection,
    CustomerGroup,
    Feed,
    GdapFeed,
    Order,
    OrderItem,
    Relationship,
    SecurityGroup,
)
from tests.customers.gdap.conftest import GLOBAL_READER

pytestmark = pytest.mark.django_db


def body(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


@pytest.fixture
def granted(connection, customers, told):
    """One relationship of each of the first three customers; the second ends soon, the third is pending."""
    soon = timezone.now() + timedelta(days=10)
    found = [
        told(customers[0], name="Long"),
        told(customers[1], name="Short", ends_at=soon, auto_extend_duration="P180D"),
        told(customers[2], name="Asked for", status="approvalPending", activated_at=None, ends_at=None),
    ]
    return store_relationships(found, connection=connection, now=timezone.now())


def test_the_list_names_roles_groups_and_how_long_it_lasts(granted, connection, as_viewer):
    AdminRole.objects.update_or_create(pk=GLOBAL_READER, defaults={"name": "Global Reader"})
    group = SecurityGroup.objects.create(connection=connection, group_id=UUID(int=7), name="Helpdesk")
    AccessAssignment.objects.create(
        relationship=granted[0], microsoft_id="a", status="active", group_id=group.group_id, role_ids=[GLOBAL_READER]
    )
    page = body(as_viewer, "/delegated-access/")
    for words in ("Long", "Short", "Asked for", "Global Reader", "Helpdesk", "9 days left", "by itself"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?within=14", ["Short"]),
        ("?status=approvalPending", ["Asked for"]),
        ("?mark=extends", ["Short"]),
        ("?mark=unassigned", ["Long", "Short"]),
        ("?q=long", ["Long"]),
        ("?status=gone", []),
        ("?status=%00&within=999999&connection=x&template=y&ends_after=2026-13-45", ["Long", "Short", "Asked for"]),
    ],
)
def test_filters_narrow_the_list(granted, as_viewer, query, names):
    page = body(as_viewer, f"/delegated-access/{query}")
    assert [name for name in ("Long", "Short", "Asked for") if f">{name}</a>" in page] == names


def test_who_sees_a_part_of_the_customers_sees_their_relationships_only(
    granted, connection, customers, told, signed_in
):
    open_to_all = store_relationship(told(name="Open to all"), connection=connection, now=timezone.now())
    person = User.objects.create_local("p@portal.example", name="P", role=Role.VIEWER, password="x" * 20)
    group = CustomerGroup.objects.create(name="Mine")
    group.added.set([customers[0]])
    group.people.set([person])
    User.objects.filter(pk=person.pk).update(sees=User.Sees.ONLY)
    client = signed_in(person)

    page = body(client, "/delegated-access/?status=all")
    assert "Long" in page
    assert "Short" not in page
    assert "Open to all" not in page
    assert client.get(f"/delegated-access/relationships/{granted[1].pk}/").status_code == 404
    assert client.get(f"/delegated-access/relationships/{open_to_all.pk}/").status_code == 404
    assert client.get(f"/delegated-access/relationships/{granted[0].pk}/").status_code == 200


def test_the_list_costs_the_same_statements_whatever_it_holds(granted, connection, customers, told, as_viewer):
    def cost():
        as_viewer.get("/delegated-access/")
        with CaptureQueriesContext(database) as captured:
            as_viewer.get("/delegated-access/")
        return len(captured)

    few = cost()
    many = [told(customer, name=f"More {n}") for customer in customers for n in range(6)]
    store_relationships(many, connection=connection, now=timezone.now())
    assert cost() == few <= 12


def test_the_page_of_one_tells_its_history(granted, connection, as_viewer, customers, told):
    row = granted[0]
    told_again = told(customers[0], id=row.microsoft_id, name="Long", status="terminating")
    store_relationship(told_again, connection=connection, now=timezone.now())
    page = body(as_viewer, f"/delegated-access/relationships/{row.pk}/")
    assert "Terminating" in page
    assert page.index("Terminating") < page.index("Reported by Microsoft")


def test_reading_again_is_for_who_works_with_customers(granted, as_viewer, as_agent):
    Relationship.objects.update(parts_due_at=timezone.now() + timedelta(days=1))
    address = f"/delegated-access/relationships/{granted[0].pk}/read-again/"
    assert as_viewer.post(address).status_code == 403
    assert as_agent.post(address).status_code == 302
    granted[0].refresh_from_db()
    assert granted[0].parts_due_at <= timezone.now()


def test_a_customers_page_has_what_it_granted(granted, connection, customers, told, as_viewer):
    over = told(customers[0], name="Long ago", status="expired", ends_at=timezone.now() - timedelta(days=9))
    store_relationship(over, connection=connection, now=timezone.now())
    page = body(as_viewer, f"/delegated-access/customers/{customers[0].tenant_id}/")
    assert page.index("Long</a>") < page.index("Long ago</a>")
    assert "Short" not in page
    assert f"/delegated-access/customers/{customers[0].tenant_id}/" in body(
        as_viewer, f"/customers/{customers[0].tenant_id}/"
    )


def test_the_page_of_one_has_what_was_ordered_of_it(granted, as_viewer, owner):
    order = Order.objects.create(action=Order.Action.EXTEND, era=0, ordered_by=owner, reason="Contract renewed")
    refused = {"state": OrderItem.State.REFUSED, "problem": "Remove that role first."}
    OrderItem.objects.create(
        order=order, position=1, connection=granted[0].connection, relationship=granted[0], **refused
    )
    page = body(as_viewer, f"/delegated-access/relationships/{granted[0].pk}/")
    for words in ("Extend automatically", "Contract renewed", "Not possible", "Remove that role first."):
        assert words in page


def test_a_cloud_without_delegated_administration_says_so(connection, customers, as_viewer):
    Connection.objects.filter(pk=connection.pk).update(cloud="china")
    assert "Microsoft offers no delegated administration (GDAP) in this cloud" in body(as_viewer, "/delegated-access/")
    page = body(as_viewer, f"/delegated-access/customers/{customers[0].tenant_id}/")
    assert "This cloud has no delegated administration" in page


def test_a_list_that_could_not_be_read_says_why(granted, connection, as_viewer):
    GdapFeed.objects.create(
        connection=connection, kind=GdapFeed.Kind.RELATIONSHIPS, problem=Feed.Problem.CONSENT_MISSING
    )
    page = body(as_viewer, "/delegated-access/")
    assert "the list of relationships could not be read" in page
    assert str(Feed.Problem.CONSENT_MISSING.label) in page
