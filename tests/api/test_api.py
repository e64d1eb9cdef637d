"""The API for programs: the same truth as the pages, for people's tokens."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import ApiToken, User
from customers.models import Connection, Customer, Feed, State
from health.models import Exposure, Issue, Post, Service, ServiceState


@pytest.fixture
def now() -> Any:
    return timezone.now()


@pytest.fixture
def contoso(db: None, now: Any) -> Customer:
    """A customer read a minute ago, hit by EX100001 with one post."""
    tenant = "99999999-9999-4999-8999-999999999999"
    connection = Connection.objects.create(name="Partner", cloud="global", partner_tenant_id=tenant, client_id=tenant)
    customer = Customer.objects.create(
        connection=connection,
        tenant_id="11111111-1111-4111-8111-111111111111",
        name="Contoso",
        cloud="global",
        source="FILE",
        health=State.INCIDENT,
        open_incidents=1,
        tags=["vip"],
    )
    Feed.objects.create(customer=customer, kind=Feed.Kind.HEALTH, read_at=now - timedelta(minutes=1))
    issue = Issue.objects.create(
        cloud="global",
        microsoft_id="EX100001",
        title="Mail is late",
        service_name="Exchange Online",
        classification="INCIDENT",
        classification_raw="incident",
        status="DEGRADATION",
        status_raw="serviceDegradation",
        state=State.INCIDENT,
        started_at=now,
        first_seen_at=now,
        changed_at=now,
        exposed_customers=1,
    )
    Post.objects.create(issue=issue, posted_at=now, html="<p>Looking.</p>", digest=b"1" * 16, first_seen_at=now)
    Exposure.objects.create(issue=issue, customer=customer, first_seen_at=now, last_seen_at=now)
    service = Service.objects.create(cloud="global", microsoft_id="Exchange", name="Exchange Online")
    ServiceState.objects.create(
        customer=customer, service=service, state=State.INCIDENT, status="DEGRADATION", status_raw="x", since=now
    )
    return customer


@pytest.fixture
def with_token() -> Callable[[User], dict[str, str]]:
    def make(user: User) -> dict[str, str]:
        return {
            "Authorization": f"Token {ApiToken.objects.create(user=user, name='Test', scopes=['READ', 'WRITE'])[1]}"
        }

    return make


LISTS = ["customers", "issues", "exposures", "service-states"]


@pytest.mark.parametrize("name", [*LISTS, "schema"])
def test_nobody_is_let_in_without_a_token(db, client, name):
    assert client.get(f"/api/v1/{name}/").status_code == 401


@pytest.mark.parametrize("name", [*LISTS, "schema"])
def test_a_person_without_a_role_is_refused(nobody, with_token, client, name):
    assert client.get(f"/api/v1/{name}/", headers=with_token(nobody)).status_code == 403


def test_a_token_of_a_disabled_person_is_refused(viewer, with_token, client):
    headers = with_token(viewer)
    User.objects.filter(pk=viewer.pk).update(is_active=False)

    assert client.get("/api/v1/customers/", headers=headers).status_code == 401


def test_customers_come_with_their_health_and_its_age(as_viewer, contoso):
    (row,) = as_viewer.get("/api/v1/customers/").json()["results"]

    assert (row["name"], row["health"], row["open_incidents"]) == ("Contoso", "INCIDENT", 1)
    assert row["health_read_at"] is not None


def test_a_customer_is_found_by_its_tenant_id(as_viewer, contoso):
    assert as_viewer.get(f"/api/v1/customers/{contoso.tenant_id}/").json()["name"] == "Contoso"
    assert as_viewer.get("/api/v1/customers/22222222-2222-4222-8222-222222222222/").status_code == 404


def test_a_reading_that_is_too_old_is_unknown_everywhere(as_viewer, contoso, now):
    Feed.objects.update(read_at=now - timedelta(days=2))

    (customer,) = as_viewer.get("/api/v1/customers/?health=UNKNOWN").json()["results"]
    (state,) = as_viewer.get("/api/v1/service-states/?state=UNKNOWN").json()["results"]

    assert (customer["health"], customer["unknown_because"]) == ("UNKNOWN", "STALE")
    assert (state["state"], state["unknown_because"]) == ("UNKNOWN", "STALE")
    assert as_viewer.get("/api/v1/customers/?health=INCIDENT").json()["results"] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=onto", 1),
        ("name=zzz", 0),
        ("tag=vip", 1),
        ("tag=none", 0),
        ("cloud=global", 1),
        ("gone=true", 0),
        ("gone=false", 1),
    ],
)
def test_customers_are_filtered(as_viewer, contoso, query, found):
    assert len(as_viewer.get(f"/api/v1/customers/?{query}").json()["results"]) == found


def test_a_wrong_filter_is_answered_with_a_sentence(as_viewer, contoso):
    answer = as_viewer.get("/api/v1/customers/?cloud=mars")

    assert answer.status_code == 400
    assert "mars" in answer.json()["cloud"][0]


def test_one_issue_comes_with_its_posts(as_viewer, contoso):
    issue = as_viewer.get("/api/v1/issues/global/EX100001/").json()

    assert (issue["id"], issue["state"], issue["exposed_customers"]) == ("EX100001", "INCIDENT", 1)
    assert [post["html"] for post in issue["posts"]] == ["<p>Looking.</p>"]


def test_issues_are_filtered(as_viewer, contoso):
    def count(query: str) -> int:
        return len(as_viewer.get(f"/api/v1/issues/?{query}").json()["results"])

    assert [
        count(q)
        for q in ("is_resolved=false", "is_resolved=true", "service=exchange online", "classification=ADVISORY")
    ] == [
        1,
        0,
        1,
        0,
    ]


def test_an_open_exposure_was_last_seen_when_the_customer_was_last_read(as_viewer, contoso, now):
    (row,) = as_viewer.get("/api/v1/exposures/?open=true&issue=EX100001").json()["results"]

    assert row["tenant_id"] == str(contoso.tenant_id)
    assert row["last_seen_at"].startswith((now - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M"))


def test_pages_follow_a_cursor_and_show_every_row_once(as_viewer, contoso):
    Customer.objects.bulk_create(
        Customer(tenant_id=f"33333333-3333-4333-8333-{n:012d}", name=f"Customer {n}", cloud="global", source="FILE")
        for n in range(7)
    )
    seen: list[str] = []
    url = "/api/v1/customers/?page_size=3"
    while url:
        page = as_viewer.get(url).json()
        seen += [row["tenant_id"] for row in page["results"]]
        url = page["next"]

    assert len(seen) == len(set(seen)) == 8


@pytest.mark.parametrize("name", LISTS)
def test_a_list_takes_the_same_few_statements_whatever_its_length(
    as_viewer: Client, contoso: Customer, name: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(6):
        assert as_viewer.get(f"/api/v1/{name}/").status_code == 200


@pytest.mark.parametrize(
    ("name", "method"),
    [(name, m) for name in LISTS for m in ("post", "put", "patch", "delete") if (name, m) != ("customers", "post")],
)
def test_nothing_else_can_be_written(as_owner, contoso, name, method):
    assert getattr(as_owner, method)(f"/api/v1/{name}/", content_type="application/json").status_code == 405


def test_the_schema_describes_every_list(as_viewer):
    schema = as_viewer.get("/api/v1/schema/?format=json").json()

    assert {f"/api/v1/{name}/" for name in LISTS} <= set(schema["paths"])
