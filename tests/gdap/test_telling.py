"""Customers are told of a change of our access before it is made, and that is on record."""

from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.utils import timezone

from csp_portal.audit.models import Entry
from customers.gdap.orders import NewItem, OrderRefused, place_order, start_order
from customers.gdap.telling import untold_customers
from customers.models import ChangeNotice, Contact, CustomerGroup, Order
from tests.gdap.making import make_relationship

Action = Order.Action


@pytest.fixture
def relationships(customers):
    return [make_relationship(customer, ends_at=timezone.now() + timedelta(days=90)) for customer in customers[:2]]


@pytest.fixture
def order(relationships, access_admin):
    items = [NewItem(connection=one.connection, customer=one.customer, relationship=one) for one in relationships]
    now = timezone.now()
    return place_order(Action.TERMINATE, items=items, by=access_admin, reason="You asked us", parameters={}, now=now)


@pytest.fixture
def contact(relationships):
    customer = relationships[0].customer
    return Contact.objects.create(customer=customer, name="王小明", address="ming@example.com", language="zh-hant")


def untold(order):
    return [customer.name for customer in untold_customers(order, now=timezone.now())]


def test_the_draft_says_what_why_and_when_in_the_contacts_language(as_agent, order, contact, relationships):
    address = (
        f"/delegated-access/tell/{contact.customer.tenant_id}/?order={order.pk}&relationship={relationships[0].pk}"
    )
    page = as_agent.get(address)

    text = page.context["form"]["text"].value()
    assert text.startswith("王小明 您好：")
    assert "You asked us" in text
    assert "Support" in text
    assert "mailto:ming%40example.com?subject=" in page.context["mailto"]
    assert text.splitlines()[0] in unquote(page.context["mailto"])


def test_what_was_told_is_recorded_with_its_words_and_shown(as_agent, support_agent, order, contact):
    address = f"/delegated-access/tell/{contact.customer.tenant_id}/?order={order.pk}"
    assert len(untold(order)) == 2
    as_agent.post(address, {"way": "MAIL", "subject": "Our access", "text": "It ends."})

    notice = ChangeNotice.objects.get()
    assert (notice.told, notice.text, notice.told_by) == ("王小明 <ming@example.com>", "It ends.", support_agent)
    assert (notice.action, notice.order, notice.language) == (Action.TERMINATE, order, "zh-hant")
    assert Entry.objects.filter(action="customer.told").count() == 1
    assert len(untold(order)) == 1
    page = as_agent.get(f"/delegated-access/orders/{order.pk}/told/").content.decode()
    assert "1 customer was not told yet" in page
    assert "It ends." in page
    assert "It ends." in as_agent.get(f"/customers/{contact.customer.tenant_id}/contacts/").content.decode()


def test_all_the_others_may_be_recorded_at_once(as_agent, order, relationships):
    as_agent.post(
        f"/delegated-access/orders/{order.pk}/told/", {"way": "OTHER", "subject": "Letter", "text": "By post."}
    )

    assert untold(order) == []
    assert {notice.customer_id for notice in ChangeNotice.objects.all()} == {one.customer_id for one in relationships}


def test_without_the_setting_nothing_bars_an_order_and_with_it_the_untold_do(order, access_admin, settings):
    settings.TELL_CUSTOMERS_FIRST = True
    with pytest.raises(OrderRefused, match="2 customers were not told"):
        start_order(order, by=access_admin, now=timezone.now())

    settings.TELL_CUSTOMERS_FIRST = False
    start_order(order, by=access_admin, now=timezone.now())
    assert order.state == Order.State.RUNNING


def test_what_hides_a_customer_hides_what_it_was_told(as_agent, support_agent, order, relationships):
    group = CustomerGroup.objects.create(name="Theirs")
    group.added.add(relationships[0].customer)
    support_agent.sees = "ONLY"
    support_agent.save()
    support_agent.scope_groups.add(group)
    foreign = relationships[1].customer
    as_agent.post(
        f"/delegated-access/orders/{order.pk}/told/", {"way": "OTHER", "subject": "Letter", "text": "By post."}
    )

    assert {notice.customer for notice in ChangeNotice.objects.all()} == {relationships[0].customer}
    page = as_agent.get(f"/delegated-access/orders/{order.pk}/told/").content.decode()
    assert foreign.name not in page
    assert as_agent.get(f"/delegated-access/tell/{foreign.tenant_id}/?order={order.pk}").status_code == 404
