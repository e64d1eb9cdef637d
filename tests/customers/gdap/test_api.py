"""What customers granted, as programs read it."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from csp_portal.accounts.models import Role, User
from customers.gdap.capabilities import SERVICE_SUPPORT
from customers.models import GLOBAL_ADMINISTRATOR, AdminRole, CustomerGroup, Relationship
from tests.api.test_writes import headers_of

pytestmark = pytest.mark.django_db
LIST = "/api/v1/relationships/"


def names(client, headers, **asked):
    answer = client.get(LIST, asked, headers=headers)
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def test_a_relationship_is_told_with_its_roles_and_groups_by_name(grant, new_customer, support_group, owner, client):
    customer = new_customer("Alpha")
    made = grant(customer)
    AdminRole.objects.update_or_create(pk=SERVICE_SUPPORT, defaults={"name": "Service Support Administrator"})
    told = client.get(f"{LIST}{made.pk}/", headers=headers_of(owner, "READ")).json()

    roles = [{"id": SERVICE_SUPPORT, "name": "Service Support Administrator", "privileged": False}]
    assert (told["name"], told["status"], told["tenant_id"]) == (made.name, "active", str(customer.tenant_id))
    assert told["roles"] == roles
    (held,) = told["assignments"]
    assert (held["group"], held["group_id"], held["roles"]) == ("Helpdesk", str(support_group.group_id), roles)


def test_the_list_is_narrowed_and_costs_the_same_whatever_it_holds(grant, new_customer, owner, client, now):
    headers = headers_of(owner, "READ")
    grant(new_customer("Long"))
    soon = grant(new_customer("Soon"), ends_at=now + timedelta(days=9), auto_extend_duration="P180D")
    grant(new_customer("Most"), roles=(GLOBAL_ADMINISTRATOR,), held=None)
    grant(new_customer("Gone"), gone_at=now, status="terminated")

    assert names(client, headers, gone="true") == ["Support Gone"]
    assert names(client, headers, auto_extends="true") == ["Support Soon"]
    assert names(client, headers, ends_before=(now + timedelta(days=10)).isoformat()) == ["Support Soon"]
    assert names(client, headers, role=GLOBAL_ADMINISTRATOR) == ["Support Most"]
    assert names(client, headers, status="terminated") == ["Support Gone"]
    assert names(client, headers, tenant_id=str(soon.customer_tenant_id)) == ["Support Soon"]

    with CaptureQueriesContext(database) as few:
        names(client, headers)
    for number in range(5):
        grant(new_customer(f"More {number}"))
    with CaptureQueriesContext(database) as many:
        assert len(names(client, headers)) == 9
    assert len(many) == len(few) <= 12


def test_who_sees_a_part_of_the_customers_is_told_of_no_other(grant, new_customer, client):
    mine, other = grant(new_customer("Mine")), grant(new_customer("Other"))
    loose = grant(new_customer("Nobody"))
    Relationship.objects.filter(pk=loose.pk).update(customer=None)
    person = User.objects.create_local("p@portal.example", name="P", role=Role.VIEWER, password="x" * 20)
    group = CustomerGroup.objects.create(name="Mine")
    group.added.set([mine.customer])
    group.people.set([person])
    User.objects.filter(pk=person.pk).update(sees=User.Sees.ONLY)
    person.refresh_from_db()
    headers = headers_of(person, "READ")

    assert names(client, headers) == ["Support Mine"]
    assert client.get(f"{LIST}{mine.pk}/", headers=headers).status_code == 200
    assert client.get(f"{LIST}{other.pk}/", headers=headers).status_code == 404
    assert client.get(f"{LIST}{loose.pk}/", headers=headers).status_code == 404
    assert client.post(LIST, {}, headers=headers).status_code == 405


def test_a_program_pages_through_all_of_them(grant, new_customer, owner, client):
    headers = headers_of(owner, "READ")
    for number in range(3):
        grant(new_customer(f"C{number}"))
    first = client.get(LIST, {"page_size": 2}, headers=headers).json()
    rest = client.get(first["next"], headers=headers).json()

    assert [row["name"] for row in (*first["results"], *rest["results"])] == ["Support C0", "Support C1", "Support C2"]
    assert rest["next"] is None
