"""Consenting to our application for a customer, through Partner Center, where an admin agent stands behind us."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from customers.gdap.carry_out import carry_out, claim_items
from customers.gdap.orders import NewItem, place_order, start_order
from customers.models import Connection, Feed, OrderItem
from tests.customers.consent import consent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.filterwarnings("ignore:response_mode=")]
NEW = "/delegated-access/orders/new/"
State = OrderItem.State


@pytest.fixture
def tenant(sandbox_world, customers):
    found = sandbox_world.tenant(str(customers[0].tenant_id))
    found.consent_missing = True
    return found


@pytest.fixture
def agents_connection(connection, sandbox, sandbox_world):
    return consent(connection, sandbox=sandbox, person=sandbox_world.partner.people[0])


@pytest.fixture
def order(access_admin, agents_connection, customers, tenant):
    """Started, not yet carried out."""
    customers[0].refresh_from_db()
    items = [NewItem(connection=customers[0].connection, customer=customers[0])]
    placed = place_order("CONSENT", items=items, by=access_admin, reason="T-1", parameters={}, now=timezone.now())
    start_order(placed, by=access_admin, now=timezone.now())
    return placed


def work(order):
    OrderItem.objects.update(due_at=timezone.now())
    carry_out(claim_items(limit=10), now=timezone.now())
    return order.items.get()


def test_the_call_is_made_and_kept_and_the_customer_is_read_at_once(order, tenant, agents_connection, customers):
    Feed.objects.update(due_at=timezone.now() + timedelta(hours=1))

    item = work(order)

    order.refresh_from_db()
    assert (order.state, item.state, tenant.consent_missing) == ("DONE", State.DONE, False)
    call = item.calls.get()
    assert (call.method, call.status) == ("POST", 201)
    assert call.path == f"/v1/customers/{tenant.tenant_id}/applicationconsents"
    assert call.body["applicationId"] == str(agents_connection.client_id)
    (granted,) = call.body["applicationGrants"]
    assert "ServiceHealth.Read.All" in granted["scope"]
    assert Feed.objects.get(customer=customers[0], kind=Feed.Kind.HEALTH).due_at <= timezone.now()


def test_what_was_consented_before_is_a_success(order, tenant):
    tenant.consent_missing = False

    item = work(order)

    assert (item.state, item.problem, item.calls.get().status) == (State.DONE, "", 409)


def test_what_partner_center_refuses_is_said_in_a_sentence_and_not_tried_again(order, tenant):
    tenant.is_customer = False

    item = work(order)

    assert item.state == State.FAILED
    assert item.problem.startswith("Microsoft refused: ")
    assert claim_items(limit=10) == []
    assert tenant.consent_missing


def test_after_a_lost_answer_asking_again_does_no_harm(order, tenant, sandbox_world):
    sandbox_world.partner.tenant.reset_connection = tenant.reset_connection = True
    assert work(order).state == State.SENDING
    sandbox_world.partner.tenant.heal()
    tenant.reset_connection, tenant.consent_missing = False, False

    assert work(order).state == State.DONE


def test_where_the_application_signs_in_as_itself_the_link_takes_the_orders_place(
    access_admin, signed_in, customers, tenant
):
    address = f"{NEW}?action=CONSENT&customer={tenant.tenant_id}"
    admin = signed_in(access_admin)

    assert "an administrator of the customer has to consent with the link" in admin.get(address).content.decode()
    page = admin.get(f"/customers/{tenant.tenant_id}/").content.decode()
    assert "action=CONSENT" not in page
    assert "/adminconsent?" in page


def test_a_cloud_without_partner_center_is_named(access_admin, signed_in, customers, tenant, settings):
    Connection.objects.update(auth_model=Connection.AuthModel.SECURE_APP_MODEL)
    without = replace(settings.MICROSOFT_CLOUDS["custom"], has_partner_center=False)
    settings.MICROSOFT_CLOUDS = {**settings.MICROSOFT_CLOUDS, "custom": without}
    page = signed_in(access_admin).get(f"{NEW}?action=CONSENT&customer={tenant.tenant_id}").content.decode()

    assert "Microsoft offers no Partner Center interface in the cloud" in page
