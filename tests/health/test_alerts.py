"""What readings, suspicions and credentials tell our people, in the transaction of the change."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Event
from customers.expiry_mail import note_marks
from customers.models import Connection, Feed
from health.models import Issue, Service
from health.reading import Failed
from health.suspicions import dismiss, merge_confirmed, report
from health.upsert import store_readings
from tests.health.answers import NOW, changed, issue, post, service, tell

LATER = NOW + timedelta(hours=1)
EXCHANGE = ("Exchange", "Exchange Online")


def told() -> list[tuple[str, int, int, bool]]:
    rows = Event.objects.order_by("id")
    return [(row.kind, Severity(row.severity), row.count, row.closed_at is not None) for row in rows]


def newer(**fields: Any) -> dict[str, Any]:
    return issue(lastModifiedDateTime="2026-11-22T11:30:00Z", **fields)


def test_an_issue_at_five_hundred_customers_is_one_alert_with_their_number(make_feeds):
    feeds = make_feeds(500)
    for start in range(0, 500, 50):
        batch = [changed(feed, service(*EXCHANGE, issue(posts=[post("one")]))) for feed in feeds[start : start + 50]]
        store_readings(batch, now=NOW)

    event = Event.objects.get()
    assert (event.kind, event.count, event.issue.microsoft_id) == (EventKind.ISSUE_OPENED, 500, "EX1")
    assert event.facts["title"] == "EX1 Mail is slow"
    assert event.facts["path"] == "/issues/global/EX1/"


def test_an_issue_is_told_when_it_opens_when_it_is_updated_when_it_worsens_and_when_it_is_over(feed):
    feed = tell(feed, service(*EXCHANGE, issue(posts=[post("one")])))
    tell(feed, service(*EXCHANGE, newer(classification="incident", posts=[post("one"), post("<b>two</b>")])), now=LATER)
    assert sorted(told()) == [
        (EventKind.ISSUE_OPENED, Severity.CRITICAL, 1, False),
        (EventKind.ISSUE_UPDATED, Severity.CRITICAL, 1, False),
        (EventKind.ISSUE_WORSENED, Severity.CRITICAL, 1, False),
    ]
    assert Event.objects.get(kind=EventKind.ISSUE_UPDATED).facts["text"] == "two"

    over = issue(isResolved=True, status="serviceRestored", lastModifiedDateTime="2026-11-22T11:45:00Z")
    tell(feed, service(*EXCHANGE, over), now=LATER)
    assert Event.objects.get(kind=EventKind.ISSUE_OPENED).closed_at == LATER
    assert Event.objects.get(kind=EventKind.ISSUE_RESOLVED).severity == Severity.INFO
    assert Event.objects.count() == 4


def test_an_issue_that_no_customer_has_any_more_is_no_alert_and_one_that_comes_back_is_a_new_one(feed):
    feed = tell(feed, service(*EXCHANGE, issue()))
    feed = tell(feed, service(*EXCHANGE), now=LATER)
    assert told() == [(EventKind.ISSUE_OPENED, Severity.WARNING, 1, True)]

    tell(feed, service(*EXCHANGE, issue()), now=LATER)
    assert [closed for *_, closed in told()] == [True, False]


def test_an_issue_that_opens_again_before_a_customer_read_that_it_was_over_is_an_alert_again(make_feeds):
    first, second = (tell(feed, service(*EXCHANGE, issue())) for feed in make_feeds(2))
    tell(first, service(*EXCHANGE, newer(isResolved=True, status="serviceRestored")), now=LATER)
    assert told()[0] == (EventKind.ISSUE_OPENED, Severity.WARNING, 2, True)

    tell(second, service(*EXCHANGE, issue(lastModifiedDateTime="2026-11-22T11:45:00Z")), now=LATER)
    assert told()[-1] == (EventKind.ISSUE_OPENED, Severity.WARNING, 1, False)


def test_an_issue_that_was_over_when_we_first_saw_it_is_no_news(feed):
    tell(feed, service(*EXCHANGE, issue(isResolved=True, posts=[post("one")])))

    assert told() == []


def test_a_customer_whose_access_is_lost_is_an_alert_until_it_is_read_again(feed):
    feed = tell(feed, service(*EXCHANGE))
    denial = Failed(feed=feed, problem=Feed.Problem.CONSENT_MISSING, detail="AADSTS65001")
    store_readings([denial], now=NOW)
    event = Event.objects.get()
    assert (event.kind, list(event.customers.all())) == (EventKind.ACCESS_LOST, [feed.customer])

    tell(Feed.objects.select_related("customer").get(pk=feed.pk), service(*EXCHANGE), now=LATER)
    assert Event.objects.get().closed_at == LATER


def test_a_secret_that_is_refused_for_all_customers_is_one_alert_of_the_connection(make_feeds):
    feeds = make_feeds(30)
    store_readings([Failed(feed=feed, problem=Feed.Problem.SECRET_WRONG, detail="no") for feed in feeds], now=NOW)
    assert told() == [(EventKind.CONNECTION_BROKEN, Severity.CRITICAL, 30, False)]
    assert Event.objects.get().facts["title"] == "By hand"

    tell(Feed.objects.select_related("customer").get(pk=feeds[0].pk), service(*EXCHANGE), now=LATER)
    assert Event.objects.get().closed_at == LATER


def test_an_unchanged_outcome_raises_nothing(feed):
    feed = tell(feed, service(*EXCHANGE, issue(posts=[post("one")])))
    tell(feed, service(*EXCHANGE, issue(posts=[post("one")])), now=LATER)

    assert told() == [(EventKind.ISSUE_OPENED, Severity.WARNING, 1, False)]


def test_a_suspicion_is_an_alert_until_microsoft_confirms_it(feed, support_agent):
    feed = tell(feed, service(*EXCHANGE))
    exchange = Service.objects.get()
    suspicion = report(exchange, seen="No mail", customers=[feed.customer], by=support_agent, now=NOW)
    tell(feed, service(*EXCHANGE, issue()), now=LATER)
    Issue.objects.update(first_seen_at=LATER)
    merge_confirmed(now=LATER)
    assert [(kind, closed) for kind, _, _, closed in told()] == [
        (EventKind.SUSPICION_RAISED, True),
        (EventKind.ISSUE_OPENED, False),
        (EventKind.SUSPICION_CONFIRMED, False),
    ]
    assert list(Event.objects.get(key=f"suspicion/{suspicion.pk}/issue").customers.all()) == [feed.customer]


def test_a_suspicion_that_is_dismissed_is_no_alert_any_more(feed, support_agent):
    tell(feed, service(*EXCHANGE))
    suspicion = report(Service.objects.get(), seen="?", customers=[feed.customer], by=support_agent, now=NOW)
    dismiss(suspicion, why="Their own firewall", by=support_agent, now=LATER)

    assert Event.objects.get().closed_at == LATER


def test_a_credential_that_ends_is_one_alert_that_gets_worse_and_ends_with_its_renewal(feed):
    connection, now = Connection.objects.get(), timezone.now()
    connection.secret_expires_on = (now + timedelta(days=20)).date()
    connection.seal_secret("client_secret", "s3cret")
    connection.save()
    for _ in range(2):
        note_marks(now=now)
    assert told() == [(EventKind.CREDENTIAL_ENDS, Severity.WARNING, 1, False)]

    note_marks(now=now + timedelta(days=16))
    assert told() == [(EventKind.CREDENTIAL_ENDS, Severity.CRITICAL, 2, False)]

    connection.secret_expires_on = (now + timedelta(days=400)).date()
    connection.save()
    note_marks(now=now + timedelta(days=16))
    assert told() == [(EventKind.CREDENTIAL_ENDS, Severity.CRITICAL, 2, True)]
