"""Made-up facts of the sandbox's customers: given once, and never over what people wrote."""

import uuid

import pytest
from django.utils import timezone

from csp_portal.notices.models import Delivery, Rule
from csp_portal.system.seed_facts import ALWAYS, facts_for, furnish
from customers.models import Connection, Contact, Customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection() -> Connection:
    return Connection.objects.create(
        name="Sandbox", cloud="custom", partner_tenant_id=uuid.uuid4(), client_id=uuid.uuid4()
    )


def test_customers_get_facts_and_contacts_once_they_are_there_and_only_once(
    connection: Connection, support_agent: object
) -> None:
    assert not furnish("Sandbox", now=timezone.now())
    Connection.objects.update(customers_read_at=timezone.now())
    Customer.objects.bulk_create(
        Customer(
            tenant_id=uuid.UUID(int=number),
            name="銘遠紡織" if number % 2 else "Adatum",
            domain=f"c{number}.example",
            connection=connection,
            cloud="custom",
            source="FILE",
        )
        for number in range(40)
    )

    assert furnish("Sandbox", now=timezone.now())
    tiers = set(Customer.objects.values_list("tier", flat=True))
    assert tiers == {"BASIC", "STANDARD", "PREMIUM"}
    assert {one.calendar.name for one in Customer.objects.filter(tier="PREMIUM") if one.calendar} == {ALWAYS}
    assert set(Contact.objects.values_list("language", flat=True)) == {"en", "zh-hant"}
    assert {row.address.rpartition(".")[2] for row in Contact.objects.all()} == {"example"}
    assert not Rule.objects.get().is_enabled
    assert not Delivery.objects.exists()

    Customer.objects.update(tier="BASIC")
    Contact.objects.all().delete()
    assert furnish("Sandbox", now=timezone.now())
    assert not Customer.objects.exclude(tier="BASIC").exists()
    assert not Contact.objects.exists()


def test_a_tenant_has_the_same_facts_whenever_it_is_asked() -> None:
    tenant_id = uuid.uuid4()
    assert facts_for(tenant_id) == facts_for(tenant_id)
