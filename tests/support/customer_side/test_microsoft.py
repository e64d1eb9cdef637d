"""Sign-in in the customer's own tenant, on the real sandbox: whose tenant it is decides."""

from collections.abc import Callable

import pytest
from django.test import Client

from csp_portal.microsoft.sandbox.customer_people import people_of_customers
from csp_portal.microsoft.sandbox.tenants import Person
from csp_portal.microsoft.sandbox.world import World
from customers.models import Connection, Customer
from support.models import CustomerPerson
from tests.accounts.conftest import choose  # noqa: F401  # the sandbox's account picker

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:response_mode=")]
ComeIn = Callable[[Person | None], Client]


@pytest.fixture
def people(sandbox_world: World) -> list[Person]:
    return people_of_customers(sandbox_world)


@pytest.fixture
def served(connection: Connection, people: list[Person]) -> Customer:
    return Customer.objects.create(
        tenant_id=people[0].tenant_id, cloud=connection.cloud, connection=connection, name="Served", source="FILE"
    )


@pytest.fixture
def come_in(connection: Connection, choose: Callable[[str, Person | None], str]) -> ComeIn:  # noqa: F811
    def enter(person: Person | None) -> Client:
        browser = Client()
        started = browser.get(f"/my/microsoft/{connection.pk}/?next=/my/health/")
        assert "/organizations/" in started["Location"]
        browser.get(choose(started["Location"], person))
        return browser

    return enter


def test_the_tenant_says_whose_person_came(come_in: ComeIn, served: Customer, people: list[Person]) -> None:
    for _ in range(2):
        assert come_in(people[0]).get("/my/tickets/").status_code == 200
    person = CustomerPerson.objects.get()
    assert (person.customer, person.address, str(person.microsoft_id)) == (
        served,
        people[0].email,
        people[0].object_id,
    )


def test_who_is_of_no_customer_of_ours_stays_outside(come_in: ComeIn, served: Customer, people: list[Person]) -> None:
    for stranger in (people[1], None):
        browser = come_in(stranger)
        assert browser.get("/my/tickets/").status_code == 302
        assert browser.get("/my/").status_code == 200
    assert not CustomerPerson.objects.exists()


def test_our_own_staff_are_nobodys_customer(come_in: ComeIn, served: Customer, sandbox_world: World) -> None:
    assert come_in(sandbox_world.partner.people[0]).get("/my/tickets/").status_code == 302


@pytest.mark.parametrize("fault", ["wrong-issuer", "foreign-tenant", "wrong-audience", "alg-none", "foreign-key"])
def test_a_token_that_is_not_microsofts_for_us_lets_nobody_in(
    come_in: ComeIn, served: Customer, people: list[Person], sandbox_world: World, fault: str
) -> None:
    sandbox_world.sign_in_fault = fault
    assert come_in(people[0]).get("/my/tickets/").status_code == 302
    assert not CustomerPerson.objects.exists()


def test_another_account_with_the_same_address_is_for_a_person_to_look_at(
    come_in: ComeIn, served: Customer, people: list[Person]
) -> None:
    come_in(people[0])
    CustomerPerson.objects.update(microsoft_id="77777777-7777-4777-8777-777777777777")
    assert come_in(people[0]).get("/my/tickets/").status_code == 302


def test_who_was_switched_off_stays_outside(come_in: ComeIn, served: Customer, people: list[Person]) -> None:
    browser = come_in(people[0])
    CustomerPerson.objects.update(disabled_at="2026-11-23T00:00:00Z")
    assert browser.get("/my/tickets/").status_code == 302
    assert come_in(people[0]).get("/my/tickets/").status_code == 302
