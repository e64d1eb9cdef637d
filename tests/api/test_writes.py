"""What programs write: a customer taken in, its tags replaced, and each of them once however often it is sent."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.kept_answers import forget_old_answers
from csp_portal.accounts.models import ApiToken, KeptAnswer, User
from csp_portal.audit.models import Entry
from customers.models import Customer, Feed
from tests.rights.conftest import Trade, give_scope, make_connection, make_customer, trade  # noqa: F401

TENANT = "44444444-4444-4444-8444-444444444444"
NEW = {"tenant_id": TENANT, "name": "Tailspin", "domain": "Tailspin.example", "cloud": "global"}


def headers_of(user: User, *scopes: str) -> dict[str, str]:
    plain = ApiToken.objects.create(user=user, name="Test", scopes=list(scopes or ("READ", "WRITE")))[1]
    return {"Authorization": f"Token {plain}"}


def send(client: Client, headers: dict[str, str], body: Any = NEW, *, key: str = "") -> Any:
    sent = {**headers, "Idempotency-Key": key} if key else headers
    return client.post("/api/v1/customers/", body, "application/json", headers=sent)


def test_a_customer_is_taken_in_and_will_be_read(support_agent, client):
    answer = send(client, headers_of(support_agent), {**NEW, "connection": str(make_connection().pk)})

    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["health"]) == ("Tailspin", "UNKNOWN")
    customer = Customer.objects.get(tenant_id=TENANT)
    assert (customer.domain, customer.source) == ("tailspin.example", "FILE")
    assert Feed.objects.filter(customer=customer).count() == len(Feed.Kind)
    assert Entry.objects.get().customer == UUID(TENANT)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"tenant_id": "x"}, "tenant_id"),
        ({"name": " "}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"domain": "not a domain"}, "domain"),
        ({"domain": "a.example\nb"}, "domain"),
        ({"cloud": "mars"}, "cloud"),
        ({"connection": "x"}, "connection"),
        ({"connection": TENANT}, "connection"),
    ],
)
def test_what_is_wrong_is_named(support_agent, client, wrong, field):
    answer = send(client, headers_of(support_agent), {**NEW, **wrong})

    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not Customer.objects.exists()


def test_clouds_are_never_mixed(support_agent, client):
    answer = send(client, headers_of(support_agent), {**NEW, "cloud": "china", "connection": str(make_connection().pk)})

    assert answer.status_code == 400
    assert not Customer.objects.exists()


def test_a_customer_that_is_there_stays_as_it_is(support_agent, client):
    make_customer("Northwind", tenant_id=UUID(TENANT))

    assert send(client, headers_of(support_agent)).status_code == 409
    assert Customer.objects.get().name == "Northwind"


def test_who_sees_a_part_of_the_customers_takes_none_in(trade: Trade, support_agent, client):  # noqa: F811
    person = give_scope(support_agent, User.Sees.ONLY, trade.north)

    for tenant_id in (TENANT, trade.foreign.tenant_id):  # the answer does not tell which of them exists
        assert send(client, headers_of(person), {**NEW, "tenant_id": str(tenant_id)}).status_code == 403


def test_tags_are_replaced(trade: Trade, support_agent, client):  # noqa: F811
    address = f"/api/v1/customers/{trade.own.tenant_id}/tags/"

    answer = client.put(
        address, {"tags": ["vip", " VIP ", "east"]}, "application/json", headers=headers_of(support_agent)
    )

    assert (answer.status_code, answer.json()["tags"]) == (200, ["vip", "east"])
    assert Entry.objects.get().before == {"tags": ["north"]}


def test_a_token_without_the_scope_writes_nothing(trade: Trade, support_agent, client):  # noqa: F811
    headers = headers_of(support_agent, "READ")

    assert send(client, headers).status_code == 403
    address = f"/api/v1/customers/{trade.own.tenant_id}/tags/"
    assert client.put(address, {"tags": []}, "application/json", headers=headers).status_code == 403


def test_a_repeated_request_gets_the_first_answer_and_acts_once(support_agent, client):
    headers = headers_of(support_agent)

    first, second = (send(client, headers, key="order-1") for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.content == first.content
    assert Entry.objects.count() == Customer.objects.count() == 1


def test_the_same_key_for_another_request_is_refused(support_agent, client):
    headers = headers_of(support_agent)
    send(client, headers, key="order-1")

    assert send(client, headers, {**NEW, "name": "Other"}, key="order-1").status_code == 422


def test_a_request_that_was_refused_may_be_put_right_under_its_key(support_agent, client):
    headers = headers_of(support_agent)

    assert send(client, headers, {**NEW, "name": ""}, key="order-1").status_code == 400
    assert send(client, headers, key="order-1").status_code == 201


@pytest.mark.parametrize("key", ["a b", "x" * 201, "\u00e9"])
def test_a_key_is_printable_and_short(support_agent, client, key):
    assert send(client, headers_of(support_agent), key=key).status_code == 400


def test_an_answer_is_kept_for_a_day(support_agent, client):
    headers, now = headers_of(support_agent), timezone.now()
    send(client, headers, key="order-1")

    assert forget_old_answers(now=now + timedelta(hours=23)) == 0
    assert forget_old_answers(now=now + timedelta(hours=25)) == 1


def test_keys_of_different_people_have_nothing_to_do_with_each_other(support_agent, access_admin, client):
    send(client, headers_of(support_agent), key="order-1")

    assert send(client, headers_of(access_admin), key="order-1").status_code == 409


@pytest.mark.django_db(transaction=True)
def test_of_requests_at_once_one_acts_and_all_get_its_answer(support_agent):
    headers, answers = headers_of(support_agent), []

    def one_of_them() -> None:
        answers.append(send(Client(), headers, key="order-1"))
        connections.close_all()

    threads = [threading.Thread(target=one_of_them) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 3
    assert (Customer.objects.count(), KeptAnswer.objects.count()) == (1, 1)
