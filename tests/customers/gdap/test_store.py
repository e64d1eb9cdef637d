"""What Microsoft tells of relationships is kept, with everything that was seen to change."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from csp_portal.notices.kinds import EventKind
from csp_portal.notices.models import Event
from customers.gdap.end_alerts import note_access_ends
from customers.gdap.store import link_customers, note_forgotten, store_relationship, store_relationships
from customers.models import Customer, Reckoning, Relationship, RelationshipChange

pytestmark = pytest.mark.django_db


def test_a_relationship_is_stored_with_its_customer(connection, customers, told):
    one = told(customers[0])
    row = store_relationship(one, connection=connection, now=timezone.now())

    assert (row.customer, row.status, row.etag) == (customers[0], "active", one.etag)
    assert [str(role) for role in row.role_ids] == list(one.role_ids)
    assert row.changes.get().field == "seen"


def test_a_change_becomes_history_and_lets_the_groups_be_read(connection, customers, told):
    one, now = told(customers[0]), timezone.now()
    store_relationship(one, connection=connection, now=now)
    Relationship.objects.update(parts_due_at=now + timedelta(days=1))

    later = replace(one, auto_extend_duration="P180D", etag='W/"2"')
    row = store_relationship(later, connection=connection, now=now)

    change = RelationshipChange.objects.get(field="auto_extend_duration")
    assert (change.before, change.after) == ("PT0S", "P180D")
    row.refresh_from_db()
    assert (row.etag, row.auto_extends) == ('W/"2"', True)
    assert row.parts_due_at < now + timedelta(hours=1)


def test_what_is_as_before_is_not_written(connection, customers, told):
    found = [told(customer) for customer in customers]
    now = timezone.now()
    store_relationships(found, connection=connection, now=now)

    with CaptureQueriesContext(database) as captured:
        store_relationships(found, connection=connection, now=now)

    written = [query["sql"] for query in captured if query["sql"].split()[0] in ("UPDATE", "INSERT", "DELETE")]
    assert written == []
    assert RelationshipChange.objects.count() == len(found)


def test_what_microsoft_forgets_stays_and_says_so_and_may_come_back(connection, customers, told):
    kept, lost, now = told(customers[0]), told(customers[1]), timezone.now()
    store_relationships([kept, lost], connection=connection, now=now)

    assert note_forgotten(connection, seen=[kept.id], seen_before=now, now=now + timedelta(hours=1)) == 1
    row = Relationship.objects.get(microsoft_id=lost.id)
    assert (row.gone_at, row.last_seen_at) == (now + timedelta(hours=1), now)
    assert not row.is_active
    assert row.changes.filter(field="gone").exists()

    store_relationship(lost, connection=connection, now=now + timedelta(hours=2))
    row.refresh_from_db()
    assert row.gone_at is None


def test_a_tenant_that_becomes_our_customer_later_gets_its_relationship(connection, customers, told):
    tenant = customers[0].tenant_id
    Customer.objects.filter(pk=customers[0].pk).delete()
    row = store_relationship(
        told(customer_tenant_id=str(tenant), customer_name="New"), connection=connection, now=timezone.now()
    )
    assert row.customer is None
    again = Customer.objects.create(tenant_id=tenant, connection=connection, cloud="custom", name="New", source="FILE")

    Reckoning.objects.create(customer=again, due_at=timezone.now() + timedelta(hours=1))

    assert link_customers(connection) == 1
    assert Relationship.objects.get(pk=row.pk).customer == again
    assert Reckoning.objects.get(customer=again).due_at <= timezone.now()
    assert link_customers(connection) == 0


def test_ids_and_names_that_are_not_as_promised_are_survived(connection, told):
    row = store_relationship(
        told(customer_tenant_id="nobody", role_ids=("x",), name="n" * 300, status="s" * 60),
        connection=connection,
        now=timezone.now(),
    )
    assert (row.customer_tenant_id, row.role_ids, len(row.name), len(row.status)) == (None, [], 200, 40)


def test_what_an_order_did_while_the_list_was_read_is_neither_undone_nor_forgotten(connection, customers, told):
    began = timezone.now()
    listed = told(customers[0])
    store_relationship(listed, connection=connection, now=began - timedelta(days=1))
    changed = replace(listed, auto_extend_duration="P180D", etag='W/"2"', last_modified_at=began)
    store_relationship(changed, connection=connection, now=timezone.now())
    made = store_relationship(told(customers[1]), connection=connection, now=timezone.now())

    store_relationships([listed], connection=connection, now=began)
    assert note_forgotten(connection, seen=[listed.id], seen_before=None, now=began) == 0

    assert Relationship.objects.get(microsoft_id=listed.id).auto_extends
    made.refresh_from_db()
    assert made.gone_at is None


def test_the_alert_of_an_invitation_closes_with_the_reading_that_shows_its_end(customers, connection, told):
    now = timezone.now()
    asked = told(customers[0], status="approvalPending", ends_at=None, activated_at=None, last_modified_at=now)
    store_relationship(asked, connection=connection, now=now)
    note_access_ends(now=now + timedelta(days=85))
    assert Event.objects.active().get().kind == EventKind.INVITATION_LAPSES
    later = now + timedelta(days=90)

    expired = replace(asked, status="expired", last_modified_at=later, etag='W/"2"')
    store_relationship(expired, connection=connection, now=later)

    assert not Event.objects.active().exists()
