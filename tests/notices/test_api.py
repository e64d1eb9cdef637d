"""Alerts for programs."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import ApiToken, User
from csp_portal.notices.events import raise_event
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Delivery, Event
from customers.models import Customer, CustomerGroup


def token_of(user: User, *scopes: str) -> dict[str, str]:
    plain = ApiToken.objects.create(user=user, name="Test", scopes=list(scopes))[1]
    return {"Authorization": f"Token {plain}"}


@pytest.fixture
def two(make_feeds: Any) -> list[Event]:
    for feed, severity in zip(make_feeds(2), (Severity.CRITICAL, Severity.INFO), strict=True):
        facts = {"title": feed.customer.name, "path": "/"}
        key = f"access/{feed.customer_id}"
        now = timezone.now()
        raise_event(EventKind.ACCESS_LOST, key=key, severity=severity, facts=facts, now=now, customer=feed.customer)
    return list(Event.objects.order_by("pk"))


def test_alerts_are_listed_and_filtered(two, viewer, client):
    headers = token_of(viewer, "READ")

    def found(query: str = "") -> list[str]:
        return [row["title"] for row in client.get(f"/api/v1/alerts/{query}", headers=headers).json()["results"]]

    assert found() == ["Customer 0", "Customer 1"]
    assert found("?severity=CRITICAL&active=true") == ["Customer 0"]
    assert found("?active=false") == []
    Customer.objects.filter(name="Customer 1").update(tags=["north"])
    group = CustomerGroup.objects.create(name="North", tags=["north"])
    assert found(f"?group={group.pk}") == ["Customer 1"]


def test_one_says_who_was_told_and_is_acknowledged_once(two, support_agent, client: Client, make_target):
    now = timezone.now()
    Delivery.objects.create(target=make_target(), event=two[0], content={"secret": "names"}, made_at=now, due_at=now)
    address = f"/api/v1/alerts/{two[0].pk}/"
    told = client.get(address, headers=token_of(support_agent, "READ"))
    assert [row["target"] for row in told.json()["deliveries"]] == ["Program"]
    assert "names" not in told.content.decode()

    assert client.post(f"{address}acknowledge/", headers=token_of(support_agent, "READ")).status_code == 403
    answer = client.post(f"{address}acknowledge/", headers=token_of(support_agent, "WRITE"))
    assert (answer.status_code, answer.json()["acknowledged_by"]) == (200, support_agent.name)


def test_what_is_foreign_is_not_there(two, viewer, client: Client):
    Customer.objects.filter(name="Customer 1").update(tags=["north"])
    viewer.scope_groups.add(CustomerGroup.objects.create(name="North", tags=["north"]))
    User.objects.filter(pk=viewer.pk).update(sees=User.Sees.ONLY)
    headers = token_of(viewer, "READ")

    assert client.get(f"/api/v1/alerts/{two[0].pk}/", headers=headers).status_code == 404
    assert len(client.get("/api/v1/alerts/", headers=headers).json()["results"]) == 1
