"""Pictures that are shared for some seconds: only among people who may see the same, in the same language."""

from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext

from csp_portal.accounts.models import Role, User
from customers.models import Customer, CustomerGroup
from tests.health.conftest import read_everyone
from tests.health.pages.conftest import text_of


@pytest.fixture(autouse=True)
def sharing(settings) -> Iterator[None]:
    settings.PICTURE_SECONDS = 60
    caches["pictures"].clear()
    yield
    caches["pictures"].clear()


def statements_about_customers(client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return sum("customers_customer" in query["sql"] for query in captured.captured_queries)


@pytest.mark.parametrize("address", ["/", "/matrix/?show=all", "/issues/", "the issue", "the issue?tab=customers"])
def test_a_second_person_with_the_same_rights_costs_no_second_count(
    address, customers, sandbox_world, as_viewer, signed_in
):
    issue = sandbox_world.break_service("Exchange Online", tenants=range(12), title="Mail does not move")
    read_everyone()
    address = address.replace("the issue", f"/issues/custom/{issue.id}/")
    colleague = signed_in(User.objects.create_local("v2@portal.example", name="V", role=Role.VIEWER, password="x" * 20))
    first = statements_about_customers(as_viewer, address)

    assert statements_about_customers(colleague, address) < first
    redrawn = [client.get(address, headers={"HX-Request": "true"}).content for client in (as_viewer, colleague)]
    assert redrawn[0] == redrawn[1] != b""


@pytest.mark.parametrize("address", ["/", "/matrix/?show=all", "the issue?tab=customers"])
def test_who_sees_a_part_never_gets_the_picture_of_the_whole(address, customers, sandbox_world, as_viewer, signed_in):
    issue = sandbox_world.break_service("Exchange Online", tenants=range(12), title="Mail does not move")
    read_everyone()
    address = address.replace("the issue", f"/issues/custom/{issue.id}/")
    mine, other, *_rest = Customer.objects.order_by("pk")
    narrow = User.objects.create_local("n@portal.example", name="N", role=Role.VIEWER, password="x" * 20)
    narrow.sees = User.Sees.ONLY
    narrow.save(update_fields=["sees"])
    group = CustomerGroup.objects.create(name="Mine")
    group.added.set([mine])
    group.people.set([narrow])
    assert other.name in text_of(as_viewer, address)

    shown = text_of(signed_in(narrow), address)

    assert mine.name in shown
    assert other.name not in shown


def test_a_change_of_the_scope_counts_at_once(customers, sandbox_world, signed_in):
    sandbox_world.break_service("Exchange Online", tenants=range(12), title="Mail does not move")
    read_everyone()
    mine, other, *_rest = Customer.objects.order_by("pk")
    person = User.objects.create_local("n@portal.example", name="N", role=Role.VIEWER, password="x" * 20)
    client = signed_in(person)
    assert other.name in text_of(client, "/matrix/")
    group = CustomerGroup.objects.create(name="Mine")
    group.added.set([mine])
    group.people.set([person])

    User.objects.filter(pk=person.pk).update(sees=User.Sees.ONLY)

    assert other.name not in text_of(client, "/matrix/")


def test_everybody_reads_the_picture_in_their_own_language(customers, as_viewer, signed_in):
    read_everyone()
    reader = User.objects.create_local("z@portal.example", name="Z", role=Role.VIEWER, password="x" * 20)
    reader.keep_preferences(language="zh-hant")
    assert "Services with problems" in text_of(as_viewer, "/")

    assert "Services with problems" not in text_of(signed_in(reader), "/")


def test_who_changed_something_sees_it_at_once_and_then_everybody_does(customers, sandbox_world, owner, signed_in):
    sandbox_world.break_service("Exchange Online", tenants=range(12), title="Mail does not move")
    read_everyone()
    mine, colleague = signed_in(owner), signed_in(owner)
    name = Customer.objects.order_by("pk")[0].name
    assert name in text_of(mine, "/matrix/")
    Customer.objects.filter(name=name).update(name="Renamed by me")
    assert name in text_of(colleague, "/matrix/")

    mine.post("/accounts/preferences/", {"theme": "DARK"})

    assert "Renamed by me" in text_of(mine, "/matrix/")
    assert "Renamed by me" in text_of(colleague, "/matrix/")
