"""Programs read what customers were told and consented to, record that they were told, and draft consents."""

import pytest
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry
from customers.consents import learn_consents
from customers.gdap.orders import NewItem, place_order
from customers.models import ChangeNotice, Connection, Contact, Feed, Order

NOTICES, CONSENTS, ORDERS = (f"/api/v1/{name}/" for name in ("change-notices", "consents", "access-orders"))
JSON = "application/json"


@pytest.fixture
def as_admin(access_admin, signed_in):
    return signed_in(access_admin)


@pytest.fixture
def mei(customers):
    return Contact.objects.create(customer=customers[0], name="Mei", address="mei@contoso.example", language="zh-hant")


def draft(customer, *, by):
    items = [NewItem(connection=customer.connection, customer=customer)]
    return place_order("CONSENT", items=items, by=by, reason="Ticket 7", parameters={}, now=timezone.now())


def test_a_program_records_that_a_customer_was_told_and_reads_it_again(as_agent, access_admin, customers, mei):
    order = draft(customers[0], by=access_admin)
    asked = {"tenant_id": str(customers[0].tenant_id), "action": "CONSENT", "order": order.pk, "contact": mei.pk}

    answer = as_agent.post(NOTICES, asked, JSON)

    assert answer.status_code == 201, answer.content
    told = as_agent.get(f"{NOTICES}{answer.json()['id']}/").json()
    assert (told["told"], told["language"], told["order"], told["way"]) == (str(mei), "zh-hant", order.pk, "MAIL")
    assert "Ticket 7" in told["text"]
    assert as_agent.get(f"{NOTICES}?order={order.pk}").json()["results"] == [told]
    assert Entry.objects.filter(action="customer.told").count() == 1
    order.refresh_from_db()
    assert order.state == Order.State.DRAFT


@pytest.mark.parametrize("wrong", [{"order": 999_999}, {"contact": 999_999}, {"action": "DELETE"}, {"tenant_id": "x"}])
def test_what_does_not_belong_together_is_refused_by_its_field(as_agent, customers, wrong):
    answer = as_agent.post(NOTICES, {"tenant_id": str(customers[0].tenant_id), "action": "EXTEND", **wrong}, JSON)

    assert answer.status_code == 400
    assert set(answer.json()) == set(wrong)
    assert not ChangeNotice.objects.exists()


def test_who_only_looks_records_nothing_and_who_sees_a_part_reads_that_part(
    as_viewer, as_agent, support_agent, customers
):
    asked = {"tenant_id": str(customers[0].tenant_id), "action": "EXTEND"}
    assert as_viewer.post(NOTICES, asked, JSON).status_code == 403
    assert as_agent.post(NOTICES, asked, JSON).status_code == 201
    Feed.objects.filter(kind=Feed.Kind.HEALTH).update(problem=Feed.Problem.CONSENT_MISSING)
    learn_consents(now=timezone.now())
    assert len(as_agent.get(CONSENTS).json()["results"]) == len(customers)
    User.objects.filter(pk=support_agent.pk).update(sees=User.Sees.ONLY)

    assert as_agent.get(CONSENTS).json()["results"] == []
    assert as_agent.get(NOTICES).json()["results"] == []
    assert as_agent.post(NOTICES, asked, JSON).status_code == 400


def test_consents_are_read_by_state(as_viewer, customers):
    Feed.objects.filter(customer=customers[0], kind="HEALTH").update(problem=Feed.Problem.CONSENT_MISSING)
    Feed.objects.filter(customer=customers[1], kind="HEALTH").update(read_at=timezone.now())
    learn_consents(now=timezone.now())

    (row,) = as_viewer.get(f"{CONSENTS}?state=MISSING").json()["results"]

    assert (row["tenant_id"], row["state"], row["asked_by"]) == (str(customers[0].tenant_id), "MISSING", "")


def test_a_consent_is_drafted_with_the_rules_of_the_page(as_admin, as_agent, customers):
    asked = {"action": "CONSENT", "tenant_ids": [str(one.tenant_id) for one in customers[:2]], "reason": "x"}
    barred = as_admin.post(ORDERS, asked, JSON).json()
    assert (barred["state"], barred["through"]) == ("DRAFT", 2)  # app-only: the customer's administrator consents
    Connection.objects.update(auth_model=Connection.AuthModel.SECURE_APP_MODEL)

    made = as_admin.post(ORDERS, asked, JSON).json()

    assert (made["state"], made["rows"], made["through"]) == ("DRAFT", 2, 0)
    assert as_agent.post(ORDERS, asked, JSON).status_code == 403
    assert as_admin.post(ORDERS, {**asked, "tenant_ids": []}, JSON).status_code == 400
    assert as_admin.post(ORDERS, {**asked, "relationships": [1]}, JSON).status_code == 400
    assert as_admin.post(ORDERS, {**asked, "action": "EXTEND"}, JSON).status_code == 400
