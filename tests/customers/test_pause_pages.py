"""The pages of the stop switch and of a customer's pause: who may, what everybody sees."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customers.models import Connection, Customer, Feed, State
from customers.queries import with_health_at
from customers.writes import pause_customer, press_stop, read_switch

STOP, RELEASE = "/system/stop/", "/system/stop/release/"


def address(customer: Customer, verb: str) -> str:
    return f"/customers/{customer.tenant_id}/{verb}/"


def test_an_owner_stops_all_writes_with_a_reason_and_releases_them(as_owner):
    assert as_owner.post(STOP, {"reason": "Strange changes."}).status_code == 302
    assert read_switch().reason == "Strange changes."
    page = as_owner.get(STOP).content.decode()
    assert "Let writes go on" in page and "Strange changes." in page

    as_owner.post(RELEASE)
    assert not read_switch().is_pressed


def test_without_a_reason_nothing_is_stopped(as_owner):
    answer = as_owner.post(STOP, {"reason": "  "})

    assert "This field is required" in answer.content.decode()
    assert not read_switch().is_pressed


@pytest.mark.parametrize("path", [STOP, RELEASE])
def test_the_switch_asks_for_a_fresh_proof_and_is_the_owners(signed_in, owner, access_admin, path):
    press_stop(by=owner, reason="Strange changes.", now=timezone.now())

    assert signed_in(owner, proofs=()).post(path, {"reason": "x"}).status_code == 403
    assert signed_in(access_admin).post(path, {"reason": "x"}).status_code == 403
    assert read_switch().is_pressed


def test_everybody_sees_that_writes_are_stopped_and_owners_the_way_back(as_owner, as_viewer, owner):
    press_stop(by=owner, reason="Strange <changes>.", now=timezone.now())

    for client, sees_way in ((as_owner, True), (as_viewer, False)):
        banner = client.get("/system/banner/").content.decode()
        assert "All writes to customers' tenants are stopped." in banner
        assert "Strange &lt;changes&gt;." in banner
        assert (STOP in banner) is sees_way


def test_the_banner_is_silent_when_nothing_is_stopped(as_viewer, db):
    assert "stopped" not in as_viewer.get("/system/banner/").content.decode()


def test_the_system_page_leads_to_the_switch(as_owner):
    assert STOP in as_owner.get("/system/").content.decode()


def test_an_access_admin_pauses_a_customer_and_lets_it_go_on(signed_in, access_admin, customers):
    client, customer = signed_in(access_admin), customers[0]

    assert client.post(address(customer, "pause"), {"reason": "They ask us to wait."}).status_code == 302
    page = client.get(f"/customers/{customer.tenant_id}/").content.decode()
    assert "Access admin paused this customer: They ask us to wait." in page
    assert address(customer, "resume") in page

    client.post(address(customer, "resume"))
    assert not Customer.objects.get(pk=customer.pk).is_paused


def test_a_support_agent_sees_the_pause_but_can_t_end_it(as_agent, customers, owner):
    pause_customer(customers[0], by=owner, reason="They ask us to wait.", now=timezone.now())

    page = as_agent.get(f"/customers/{customers[0].tenant_id}/").content.decode()
    assert "They ask us to wait." in page
    assert address(customers[0], "resume") not in page
    assert as_agent.post(address(customers[0], "resume")).status_code == 403
    assert as_agent.post(address(customers[0], "pause"), {"reason": "x"}).status_code == 403


def test_reading_a_paused_customer_again_says_why_not(as_agent, customers, owner):
    pause_customer(customers[0], by=owner, reason="x", now=timezone.now())

    answer = as_agent.post(address(customers[0], "read-again"), follow=True)
    assert "This customer is paused. Resume it first." in answer.content.decode()


def test_a_paused_customer_grows_unknown_with_its_cause(customers, owner):
    now = timezone.now()
    pause_customer(customers[0], by=owner, reason="x", now=now)
    Customer.objects.update(health=State.HEALTHY, health_since=now)
    Feed.objects.filter(kind=Feed.Kind.HEALTH).update(read_at=now)

    def known(at) -> tuple[object, object]:
        row: Any = with_health_at(Customer.objects.filter(pk=customers[0].pk), now=at).get()
        return row.health_now, row.unknown_now

    assert known(now) == (State.HEALTHY, "")
    assert known(now + timedelta(hours=3)) == (State.UNKNOWN, "PAUSED")


def test_a_paused_customer_is_not_overdue(as_owner, customers, owner):
    Feed.objects.update(due_at=timezone.now() - timedelta(hours=1))
    for customer in customers:
        pause_customer(customer, by=owner, reason="x", now=timezone.now())

    assert as_owner.get("/system/").context["vitals"].overdue.count == 0
    assert Connection.objects.count() == 1
