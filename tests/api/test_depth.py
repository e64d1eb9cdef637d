"""Facts of customers, the call list, the hand-over, favorites and saved views, as programs see them."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry
from csp_portal.saved_views.keeping import keep_view
from customers.models import Contact, Customer, Favorite, State
from health.models import Service, StateChange
from tests.api.test_writes import headers_of
from tests.rights.conftest import Trade, give_scope, trade  # noqa: F401


@pytest.fixture
def ours(support_agent, trade: Trade) -> Customer:  # noqa: F811
    give_scope(support_agent, User.Sees.ONLY, trade.north)
    return trade.own


def patch(client, customer, body, headers):
    return client.patch(f"/api/v1/customers/{customer.tenant_id}/facts/", body, "application/json", headers=headers)


def test_facts_are_changed_one_by_one_and_the_audit_says_by_whom(ours, support_agent, client):
    headers = headers_of(support_agent)
    assert patch(client, ours, {"tier": "PREMIUM", "seats": 250}, headers).status_code == 200
    answer = patch(client, ours, {"is_vip": True, "owner": support_agent.pk}, headers).json()

    assert (answer["tier"], answer["seats"], answer["is_vip"]) == ("PREMIUM", 250, True)
    assert (answer["owner"], answer["owner_name"], answer["calendar"]) == (support_agent.pk, support_agent.name, None)
    assert client.get(f"/api/v1/customers/{ours.tenant_id}/facts/", headers=headers).json() == answer
    assert Entry.objects.filter(action="customer.facts_changed", customer=ours.tenant_id).count() == 2


@pytest.mark.parametrize(
    ("wrong", "field"), [({"tier": "GOLD"}, "tier"), ({"seats": -1}, "seats"), ({"owner": 99_999}, "owner")]
)
def test_what_the_form_refuses_is_refused(ours, support_agent, client, wrong, field):
    answer = patch(client, ours, wrong, headers_of(support_agent))
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_a_foreign_customer_has_no_facts_and_no_mark(ours, trade: Trade, support_agent, client):  # noqa: F811
    headers = headers_of(support_agent)
    assert patch(client, trade.foreign, {"is_vip": True}, headers).status_code == 404
    assert client.put(f"/api/v1/customers/{trade.foreign.tenant_id}/favorite/", headers=headers).status_code == 404
    assert not Customer.objects.filter(is_vip=True).exists()


def test_a_favorite_is_marked_found_and_taken_away(ours, support_agent, client):
    headers, there = headers_of(support_agent), f"/api/v1/customers/{ours.tenant_id}/favorite/"
    assert [client.put(there, headers=headers).status_code for _ in range(2)] == [204, 204]
    found = client.get("/api/v1/customers/", {"favorite": "true"}, headers=headers).json()["results"]
    assert [row["name"] for row in found] == [ours.name]
    assert client.delete(there, headers=headers).status_code == 204
    assert not Favorite.objects.exists()


def test_the_call_list_holds_only_customers_that_one_may_see(ours, trade: Trade, support_agent, client):  # noqa: F811
    Contact.objects.create(customer=ours, name="Ada", address="ada@ours.example", phone="112")
    issue = trade.shared_issue
    answer = client.get(f"/api/v1/issues/{issue.cloud}/{issue.microsoft_id}/calls/", headers=headers_of(support_agent))

    (line,) = answer.json()["results"]
    assert (line["customer"], line["called_at"], line["note"]) == (ours.name, None, "")
    assert line["contacts"] == [{"name": "Ada", "address": "ada@ours.example", "phone": "112"}]
    assert answer.json()["next"] == ""


def test_the_hand_over_tells_what_is_new_to_this_person(ours, trade: Trade, support_agent, client):  # noqa: F811
    headers = headers_of(support_agent)
    told = client.get("/api/v1/handover/", headers=headers).json()
    assert trade.foreign.name not in str(told)
    assert {"new_issues", "unknown", "unclaimed_count"} <= set(told)
    assert client.get("/api/v1/handover/", {"since": "1999-01-01"}, headers=headers).status_code == 400
    since = timezone.now().isoformat()
    assert client.get("/api/v1/handover/", {"since": since}, headers=headers).json()["newly_hit"] == 0


def test_saved_views_are_listed_with_their_addresses(owner, support_agent, client):
    keep_view(owner, page="customers:customer_list", query="state=unknown", name="Dark", is_shared=True)
    keep_view(owner, page="customers:customer_list", query="q=x", name="Mine", is_shared=False)

    (view,) = client.get("/api/v1/saved-views/", headers=headers_of(support_agent)).json()
    assert (view["name"], view["address"], view["by"]) == ("Dark", "/customers/?state=unknown", owner.name)


def test_the_description_of_the_api_is_drawn_without_a_warning(db, tmp_path):
    call_command("spectacular", file=str(tmp_path / "schema.yaml"), fail_on_warn=True, validate=True)


def test_the_history_and_what_was_known_at_a_moment(ours, trade: Trade, support_agent, client):  # noqa: F811
    headers, there = headers_of(support_agent), f"/api/v1/history/{ours.tenant_id}/"
    service = Service.objects.get_or_create(cloud=ours.cloud, microsoft_id="Exchange", defaults={"name": "Exchange"})[0]
    now = timezone.now()
    rows = [(now - timedelta(days=5), State.HEALTHY), (now - timedelta(days=1), State.INCIDENT)]
    StateChange.objects.bulk_create(
        StateChange(customer=ours, service=service, at=at, before=None, after=after) for at, after in rows
    )
    asked = {"days": "60", "at": (now - timedelta(days=2)).isoformat()}
    found = client.get(there, asked, headers=headers).json()

    assert len(found["services"][0]["days"]) == 60
    assert found["services"][0]["availability"] < 100
    assert found["known"]["services"] == [{"service": service.name, "state": "healthy"}]
    assert client.get(there, {"days": "7"}, headers=headers).status_code == 400
    assert client.get(there, {"at": "tomorrow"}, headers=headers).status_code == 400
    assert client.get(f"/api/v1/history/{trade.foreign.tenant_id}/", headers=headers).status_code == 404
