"""What programs do about issues, suspicions and alerts, and what they read of signed links."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from csp_portal.notices.events import raise_event
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Event
from csp_portal.saved_views.keeping import keep_view
from csp_portal.saved_views.models import SavedView
from customers.models import Favorite
from health.models import Call, Share, Suspicion
from health.shares.keeping import make_share
from tests.api.test_writes import headers_of
from tests.rights.conftest import Trade, only_north, trade

__all__ = ["only_north", "trade"]
JSON = "application/json"


@pytest.fixture
def headers(support_agent):
    return headers_of(support_agent)


def test_a_call_is_noted_and_taken_back(trade: Trade, support_agent, headers, client):
    there = f"/api/v1/issues/global/EX2/calls/{trade.own.tenant_id}/"
    assert client.put(there, {"note": " They  wait. "}, JSON, headers=headers).status_code == 204
    assert (Call.objects.get().note, Call.objects.get().by) == ("They wait.", support_agent)
    (line,) = client.get("/api/v1/issues/global/EX2/calls/", headers=headers).json()["results"]
    assert (line["called_by"], line["note"]) == (support_agent.name, "They wait.")

    assert client.put(there, {"note": "x" * 501}, JSON, headers=headers).status_code == 400
    assert client.delete(there, headers=headers_of(support_agent, "READ")).status_code == 403
    assert client.delete(there, headers=headers).status_code == 204
    assert not Call.objects.exists()


def test_nobody_notes_a_call_of_a_foreign_customer(trade: Trade, support_agent, only_north, client):
    headers = headers_of(only_north(support_agent))
    there = f"/api/v1/issues/global/EX2/calls/{trade.foreign.tenant_id}/"
    assert client.put(there, {}, JSON, headers=headers).status_code == 404
    assert client.put("/api/v1/issues/global/EX2/calls/" + "-" * 36 + "/", {}, JSON, headers=headers).status_code == 404


@pytest.mark.parametrize("method", ["put", "delete"])
def test_marking_a_favorite_and_taking_it_away_ask_for_the_same_scope(trade: Trade, support_agent, client, method):
    Favorite.objects.create(person=support_agent, customer=trade.own)
    there = f"/api/v1/customers/{trade.own.tenant_id}/favorite/"

    assert getattr(client, method)(there, headers=headers_of(support_agent, "READ")).status_code == 403
    assert Favorite.objects.count() == 1
    assert getattr(client, method)(there, headers=headers_of(support_agent, "WRITE")).status_code == 204


def test_a_view_is_kept_renamed_and_removed_by_its_own_person_only(owner, support_agent, headers, client):
    new = {"page": "customers:customer_list", "name": "Dark", "query": "state=unknown&page=3"}
    made = client.post("/api/v1/saved-views/", new, JSON, headers=headers)
    assert (made.status_code, made.json()["query"]) == (201, "state=unknown")
    there = f"/api/v1/saved-views/{made.json()['id']}/"
    changed = client.patch(there, {"name": "Darker", "is_shared": True}, JSON, headers=headers).json()
    assert (changed["name"], changed["is_shared"], changed["query"]) == ("Darker", True, "state=unknown")

    assert client.delete(there, headers=headers_of(owner)).status_code == 404
    assert client.delete(there, headers=headers_of(support_agent, "READ")).status_code == 403
    assert client.delete(there, headers=headers).status_code == 204
    assert SavedView.objects.get().removed_at is not None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"page": "settings:groups"}, "page"),
        ({"page": "nowhere"}, "page"),
        ({"query": "page=2"}, "query"),
        ({"name": " "}, "name"),
    ],
)
def test_a_view_of_nothing_is_refused_and_says_why(support_agent, headers, client, wrong, field):
    new = {"page": "customers:customer_list", "name": "Dark", "query": "state=unknown", **wrong}
    answer = client.post("/api/v1/saved-views/", new, JSON, headers=headers)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_a_name_in_use_is_refused_when_a_view_is_renamed(support_agent, headers, client):
    for name in ("One", "Two"):
        view = keep_view(support_agent, page="customers:customer_list", query=f"q={name}", name=name, is_shared=False)
    answer = client.patch(f"/api/v1/saved-views/{view.pk}/", {"name": "One"}, JSON, headers=headers)
    assert (answer.status_code, list(answer.json())) == (400, ["name"])


def test_a_suspicion_is_reported_once_found_and_dismissed(trade: Trade, support_agent, headers, client):
    new = {"service": "Exchange Online", "customers": [str(trade.own.tenant_id)], "seen": "Mail stands still."}
    sent = {**headers, "Idempotency-Key": "one"}
    made, again = (client.post("/api/v1/suspicions/", new, JSON, headers=sent) for _ in range(2))
    assert (made.status_code, made.json()) == (201, again.json())
    assert (made.json()["customers"], made.json()["outcome"]) == ([str(trade.own.tenant_id)], "OPEN")
    found = client.get("/api/v1/suspicions/", {"tenant_id": str(trade.own.tenant_id)}, headers=headers).json()
    assert [row["seen"] for row in found["results"]] == ["Mail stands still."]

    there = f"/api/v1/suspicions/{made.json()['id']}/dismiss/"
    assert client.post(there, {"why": "Their router."}, JSON, headers=headers).json()["outcome"] == "DISMISSED"
    assert Suspicion.objects.get().why == "Their router."


def test_a_suspicion_names_no_foreign_customer(trade: Trade, support_agent, only_north, client):
    headers = headers_of(only_north(support_agent))
    new = {"service": "Exchange Online", "customers": [str(trade.foreign.tenant_id)], "seen": "x"}
    assert client.post("/api/v1/suspicions/", new, JSON, headers=headers).status_code == 400
    row = Suspicion.objects.create(
        service=trade.own.service_states.get().service,
        seen="Both",
        reported_by=support_agent,
        reported_at=timezone.now(),
    )
    row.customers.set([trade.own, trade.foreign])
    told = client.get(f"/api/v1/suspicions/{row.pk}/", headers=headers).json()
    assert told["customers"] == [str(trade.own.tenant_id)]
    seen = client.get("/api/v1/suspicions/", {"tenant_id": str(trade.foreign.tenant_id)}, headers=headers)
    assert seen.json()["results"] == []


def test_links_are_read_by_who_makes_them_and_never_with_their_token(
    trade: Trade, support_agent, owner, headers, client
):
    told: dict[str, Any] = {"language": "en", "lifetime": timedelta(days=1), "now": timezone.now()}
    share, token = make_share(support_agent, kind=Share.Kind.STATUS_PAGE, name="Ours", customer=trade.own, **told)
    make_share(owner, kind=Share.Kind.WALLBOARD, name="Theirs", **told)

    answer = client.get("/api/v1/shares/", headers=headers)
    (row,) = answer.json()["results"]
    assert (row["name"], row["tenant_id"], row["revoked_at"]) == ("Ours", str(trade.own.tenant_id), None)
    assert token not in answer.content.decode()
    assert share.token_hash not in answer.content.decode()
    assert len(client.get("/api/v1/shares/", headers=headers_of(owner)).json()["results"]) == 2
    assert client.get("/api/v1/shares/", headers=headers_of(support_agent, "READ")).status_code == 403


@pytest.fixture
def alert(trade: Trade) -> Event:
    about: dict[str, Any] = {
        "severity": Severity.WARNING,
        "facts": {"title": "x"},
        "now": timezone.now(),
        "customer": trade.foreign,
    }
    raise_event(EventKind.ACCESS_LOST, key="x", **about)
    return Event.objects.get()


def test_an_alert_is_assigned_snoozed_and_woken(alert, owner, support_agent, headers, client):
    def act(step, told):
        return client.post(f"/api/v1/alerts/{alert.pk}/{step}/", told, JSON, headers=headers)

    assert act("assign", {"to": owner.email}).json()["assigned_to"] == owner.name
    assert act("assign", {"to": None}).json()["assigned_to"] is None
    until = timezone.now() + timedelta(hours=3)
    assert act("snooze", {"until": until, "reason": "Known"}).json()["snooze_reason"] == "Known"
    assert act("wake", {}).json()["snoozed_until"] is None
    assert act("snooze", {"until": until + timedelta(days=8), "reason": "Known"}).status_code == 400
    assert act("snooze", {"until": until, "reason": " "}).status_code == 400


def test_an_alert_goes_to_nobody_who_may_not_see_it(alert, access_admin, only_north, headers, client):
    stranger, no_agent = only_north(access_admin), User.objects.create(email="v@partner.example", role=Role.VIEWER)
    for person in (stranger, no_agent):
        answer = client.post(f"/api/v1/alerts/{alert.pk}/assign/", {"to": person.email}, JSON, headers=headers)
        assert (answer.status_code, list(answer.json())) == (400, ["to"])
