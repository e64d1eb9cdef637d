"""The inbox: what is active, worst first, and what people do about it."""

import csv
from datetime import timedelta

import pytest
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry
from csp_portal.notices.events import close_event, raise_event
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Event
from customers.models import Customer, CustomerGroup
from tests.health.answers import issue, service, tell
from tests.notices.test_api import token_of

EXCHANGE = ("Exchange", "Exchange Online")


def lost(customer: Customer, *, severity: Severity = Severity.WARNING) -> Event:
    facts = {"title": customer.name, "problem": "A permission or delegated role is missing", "path": "/"}
    key = f"access/{customer.pk}"
    raise_event(EventKind.ACCESS_LOST, key=key, severity=severity, facts=facts, now=timezone.now(), customer=customer)
    return Event.objects.get(key=key)


def titles(client, address: str = "/alerts/") -> list[str]:
    return [event.facts["title"] for event, _hit in client.get(address).context["rows"]]


@pytest.fixture
def trio(make_feeds) -> list[Customer]:
    return [feed.customer for feed in make_feeds(3)]


@pytest.fixture
def north_agent(support_agent: User, trio: list[Customer]) -> User:
    """Sees the first customer only."""
    Customer.objects.filter(pk=trio[0].pk).update(tags=["north"])
    support_agent.scope_groups.add(CustomerGroup.objects.create(name="North", tags=["north"]))
    support_agent.sees = User.Sees.ONLY
    support_agent.save()
    return support_agent


def test_the_worst_is_first_and_what_is_over_or_news_is_elsewhere(trio, as_viewer):
    lost(trio[0])
    lost(trio[1], severity=Severity.CRITICAL)
    over = lost(trio[2])
    close_event(over.key, now=timezone.now())
    raise_event(EventKind.MESSAGE_POSTED, key="m", severity=Severity.INFO, facts={"title": "MC1"}, now=timezone.now())

    assert titles(as_viewer) == ["Customer 1", "Customer 0"]
    assert titles(as_viewer, "/alerts/?state=closed") == ["Customer 2"]
    assert titles(as_viewer, "/alerts/?state=news") == ["MC1"]
    assert titles(as_viewer, "/alerts/?severity=critical") == ["Customer 1"]
    assert titles(as_viewer, "/alerts/?q=customer+0") == ["Customer 0"]


def test_a_person_sees_alerts_of_their_customers_alone_and_only_these_are_counted(
    make_feeds, trio, north_agent, signed_in
):
    client = signed_in(north_agent)
    theirs, foreign = lost(trio[0]), lost(trio[1])
    for feed in [customer.feeds.select_related("customer").get() for customer in trio]:
        tell(feed, service(*EXCHANGE, issue()))
    raise_event(
        EventKind.CONNECTION_BROKEN, key="c", severity=Severity.CRITICAL, facts={"title": "C"}, now=timezone.now()
    )

    rows = client.get("/alerts/").context["rows"]
    assert {(event.key, hit) for event, hit in rows} == {(theirs.key, 1), ("issue/global/EX1", 1)}
    assert client.get(f"/alerts/{foreign.pk}/").status_code == 404
    issue_alert = Event.objects.get(key="issue/global/EX1")
    page = client.get(f"/alerts/{issue_alert.pk}/").content.decode()
    assert "Customer 0" in page and "Customer 1" not in page
    client.post("/alerts/act/", {"what": "acknowledge", "alert": [theirs.pk, foreign.pk]})
    assert list(Event.objects.filter(acknowledged_at__isnull=False)) == [theirs]


def test_how_often_an_issue_was_seen_says_nothing_of_customers_of_others(
    trio, north_agent, signed_in, as_owner, client
):
    for feed in [customer.feeds.select_related("customer").get() for customer in trio]:
        tell(feed, service(*EXCHANGE, issue()))
    alert = Event.objects.get()
    headers = token_of(north_agent, "READ")
    theirs = signed_in(north_agent)

    assert [alert.seen for alert, _hit in as_owner.get("/alerts/").context["rows"]] == [3]
    assert [alert.seen for alert, _hit in theirs.get("/alerts/").context["rows"]] == [1]
    assert theirs.get(f"/alerts/{alert.pk}/").context["event"].seen == 1
    assert b"".join(theirs.get("/alerts/export.csv").streaming_content).count(b'"3"') == 0
    assert client.get(f"/api/v1/alerts/{alert.pk}/", headers=headers).json()["count"] == 1
    assert client.get("/api/v1/alerts/", headers=headers).json()["results"][0]["count"] == 1


def test_an_expired_snooze_returns(trio, as_agent):
    event = lost(trio[0])
    answer = as_agent.post(
        "/alerts/act/", {"what": "snooze", "alert": event.pk, "until": "1", "reason": "they know"}, follow=True
    )
    assert "1 alert is changed." in answer.content.decode()
    assert titles(as_agent) == []
    assert titles(as_agent, "/alerts/?state=snoozed") == ["Customer 0"]

    Event.objects.update(snoozed_until=timezone.now() - timedelta(seconds=1))
    assert titles(as_agent) == ["Customer 0"]
    assert "they know" in as_agent.get(f"/alerts/{event.pk}/").content.decode()


def test_a_snooze_needs_a_reason_and_can_be_ended(trio, as_agent):
    event = lost(trio[0])
    answer = as_agent.post("/alerts/act/", {"what": "snooze", "alert": event.pk, "until": "1"}, follow=True)
    assert "why it can wait" in answer.content.decode()
    as_agent.post("/alerts/act/", {"what": "snooze", "alert": event.pk, "until": "morning", "reason": "planned"})
    as_agent.post("/alerts/act/", {"what": "wake", "alert": event.pk})

    assert titles(as_agent) == ["Customer 0"]
    assert list(event.steps.values_list("what", flat=True)) == ["SNOOZED", "WOKEN"]


def test_many_are_acknowledged_and_assigned_in_one_go_and_the_audit_says_so(trio, as_agent, support_agent, owner):
    events = [lost(customer) for customer in trio]
    chosen = [event.pk for event in events[:2]]
    as_agent.post("/alerts/act/", {"what": "acknowledge", "alert": chosen})
    as_agent.post("/alerts/act/", {"what": "assign", "alert": chosen, "to": owner.pk})
    as_agent.post("/alerts/act/", {"what": "acknowledge", "alert": chosen})

    assert Event.objects.filter(acknowledged_by=support_agent, assigned_to=owner).count() == 2
    assert titles(as_agent, "/alerts/?state=open") == ["Customer 2"]
    assert Entry.objects.filter(action="alert.acknowledged").count() == 2


def test_nobody_is_given_an_alert_that_they_may_not_see(trio, north_agent, as_owner):
    foreign = lost(trio[1])
    answer = as_owner.post("/alerts/act/", {"what": "assign", "alert": foreign.pk, "to": north_agent.pk}, follow=True)

    assert "may not see the customers" in answer.content.decode()
    assert Event.objects.get().assigned_to is None


def test_a_viewer_may_look_and_not_act(trio, as_viewer):
    event = lost(trio[0])

    assert as_viewer.post("/alerts/act/", {"what": "acknowledge", "alert": event.pk}).status_code == 403
    assert "Acknowledge" not in as_viewer.get(f"/alerts/{event.pk}/").content.decode()


def test_the_inbox_narrows_by_groups(trio, as_owner):
    group = CustomerGroup.objects.create(name="North", tags=["north"])
    Customer.objects.filter(pk=trio[0].pk).update(tags=["north"])
    for customer in trio:
        lost(customer)

    assert titles(as_owner, f"/alerts/?group={group.pk}") == ["Customer 0"]


def test_the_file_holds_what_the_filters_leave(trio, as_agent):
    lost(trio[0])
    lost(trio[1], severity=Severity.CRITICAL)
    answer = as_agent.get("/alerts/export.csv?severity=critical")
    rows = list(csv.reader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))

    assert [row[2] for row in rows[1:]] == ["Customer 1"]


def test_the_inbox_costs_the_same_statements_for_few_alerts_and_for_many(
    make_feeds, as_agent, django_assert_max_num_queries
):
    for feed in make_feeds(40):
        lost(feed.customer)
    with django_assert_max_num_queries(12):
        assert len(titles(as_agent)) == 40
