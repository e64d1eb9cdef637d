"""Answers written to the database, batch by batch."""

from datetime import timedelta

import pytest

from customers.models import Customer, Feed, State
from health.finish import finish_unchanged
from health.models import Exposure, Issue, Post, Service, ServiceState, StateChange
from health.reading import Failed, Unchanged
from health.upsert import store_readings
from tests.health.answers import NOW, changed, issue, post, service, tell

LATER = NOW + timedelta(hours=1)
EXCHANGE = ("Exchange", "Exchange Online")
TEAMS = ("microsoftteams", "Microsoft Teams")


def deny(feed: Feed, *, now=LATER) -> Feed:
    failure = Failed(feed=feed, problem=Feed.Problem.FORBIDDEN, detail="403 Forbidden")
    assert store_readings([failure], now=now) == 1
    return Feed.objects.select_related("customer").get(pk=feed.pk)


def test_five_thousand_tenants_that_report_one_issue_give_one_issue_and_five_thousand_exposures(make_feeds):
    feeds = make_feeds(5000)
    told = service(*EXCHANGE, issue("EX1", classification="incident", posts=[post("<b>Mail</b>")]))
    for start in range(0, len(feeds), 50):
        store_readings([changed(feed, told) for feed in feeds[start : start + 50]], now=NOW)
    assert Issue.objects.get().exposed_customers == 5000
    assert Exposure.objects.open().count() == 5000
    assert Post.objects.count() == 1
    assert Customer.objects.filter(health=State.INCIDENT, open_incidents=1).count() == 5000


def test_a_batch_costs_the_same_few_statements_whatever_its_size(make_feeds, django_assert_max_num_queries):
    for count in (2, 50):
        feeds = make_feeds(count)
        told = service(*EXCHANGE, issue("EX1"), issue("EX2", posts=[post(str(count))]))
        with django_assert_max_num_queries(22):
            store_readings([changed(feed, told, service(*TEAMS)) for feed in feeds], now=NOW)


def test_fifty_unchanged_customers_cost_one_statement_and_no_row_but_the_feeds(make_feeds, django_assert_num_queries):
    feeds = make_feeds(50)
    with django_assert_num_queries(1):
        assert finish_unchanged([Unchanged(feed=feed) for feed in feeds], now=NOW) == 50
    assert Feed.objects.filter(read_at=NOW, changed_at=None).count() == 50


def test_an_issue_never_goes_back_to_an_older_version(make_feeds):
    first, second = make_feeds(2)
    tell(first, service(*EXCHANGE, issue(title="new", isResolved=True)))
    old = issue(title="old", lastModifiedDateTime="2026-11-22T09:00:00Z", posts=[post("an early post")])
    tell(second, service(*EXCHANGE, old))
    assert Issue.objects.get().title == "new"
    assert Post.objects.count() == 1  # posts of older versions are history, too
    assert Exposure.objects.open().get().customer_id == second.customer_id  # what this tenant says of itself counts


def test_a_newer_version_is_taken_over_with_its_posts(feed):
    feed = tell(feed, service(*EXCHANGE, issue(posts=[post("one")])))
    newer = issue(title="Mail is fast", lastModifiedDateTime="2026-11-22T11:30:00Z", posts=[post("one"), post("two")])
    tell(feed, service(*EXCHANGE, newer), now=LATER)
    stored = Issue.objects.get()
    assert (stored.title, stored.first_seen_at, stored.changed_at) == ("Mail is fast", NOW, LATER)
    assert set(stored.posts.values_list("html", flat=True)) == {"one", "two"}


def test_the_same_issue_in_two_clouds_is_two_issues(make_feeds):
    first, second = make_feeds(2)
    second.customer.cloud = "china"
    tell(first, service(*EXCHANGE, issue()))
    tell(second, service(*EXCHANGE, issue()))
    assert set(Issue.objects.values_list("cloud", flat=True)) == {"global", "china"}
    assert Service.objects.count() == 2


def test_a_resolved_issue_clears_its_exposure_and_stays_in_history(feed):
    feed = tell(feed, service(*EXCHANGE, issue()))
    feed = tell(
        feed, service(*EXCHANGE, issue(isResolved=True, lastModifiedDateTime="2026-11-22T13:00:00Z")), now=LATER
    )
    exposure = Exposure.objects.get()
    assert (exposure.first_seen_at, exposure.last_seen_at, exposure.cleared_at) == (NOW, LATER, LATER)
    assert Issue.objects.get().exposed_customers == 0
    assert (feed.customer.health, feed.customer.open_advisories) == (State.HEALTHY, 0)


def test_an_issue_that_leaves_microsofts_list_is_cleared_and_not_deleted(feed):
    feed = tell(feed, service(*EXCHANGE, issue()))
    tell(feed, service(*EXCHANGE), now=LATER)
    exposure = Exposure.objects.get()
    assert (exposure.cleared_at, exposure.last_seen_at) == (LATER, NOW)
    assert Issue.objects.count() == 1


def test_an_issue_whose_service_is_missing_from_the_answer_is_not_cleared(feed):
    feed = tell(feed, service(*EXCHANGE, issue(classification="incident")), service(*TEAMS))
    feed = tell(feed, service(*TEAMS), now=LATER)
    assert Exposure.objects.open().count() == 1
    assert feed.customer.open_incidents == 1
    lost = ServiceState.objects.get(service__name="Exchange Online")
    assert (lost.state, lost.missing_since) == (State.UNKNOWN, LATER)
    assert feed.customer.health == State.UNKNOWN


def test_a_service_missing_for_a_week_no_longer_keeps_its_customer_unknown(feed):
    feed = tell(feed, service(*EXCHANGE), service(*TEAMS))
    feed = tell(feed, service(*TEAMS), now=LATER)
    feed = tell(feed, service(*TEAMS, issue("TM1", service="Microsoft Teams")), now=LATER + timedelta(days=3))
    feed = tell(feed, service(*TEAMS), now=LATER + timedelta(days=6))
    assert feed.customer.health == State.UNKNOWN
    feed = tell(feed, service(*TEAMS), now=LATER + timedelta(days=7))
    assert feed.customer.health == State.HEALTHY
    dropped = ServiceState.objects.get(service__name="Exchange Online")
    assert (dropped.state, dropped.missing_since) == (State.UNKNOWN, LATER)


def test_a_missing_service_that_comes_back_is_known_again(feed):
    feed = tell(feed, service(*EXCHANGE), service(*TEAMS))
    feed = tell(feed, service(*TEAMS), now=LATER)
    feed = tell(feed, service(*EXCHANGE), service(*TEAMS), now=LATER + timedelta(hours=1))
    assert ServiceState.objects.filter(state=State.HEALTHY, missing_since=None).count() == 2
    assert feed.customer.health == State.HEALTHY
    changes = StateChange.objects.filter(service__name="Exchange Online").order_by("at")
    assert [(one.before, one.after) for one in changes] == [
        (None, State.HEALTHY),
        (State.HEALTHY, State.UNKNOWN),
        (State.UNKNOWN, State.HEALTHY),
    ]


def test_an_issue_that_comes_back_reopens_its_exposure_from_its_first_day(feed):
    feed = tell(feed, service(*EXCHANGE, issue()))
    feed = tell(feed, service(*EXCHANGE), now=LATER)
    tell(feed, service(*EXCHANGE, issue()), now=LATER + timedelta(hours=1))
    exposure = Exposure.objects.get()
    assert (exposure.first_seen_at, exposure.cleared_at) == (NOW, None)
    assert Issue.objects.get().exposed_customers == 1


def test_an_issue_that_was_over_when_first_seen_is_history_from_the_start(feed):
    tell(feed, service(*EXCHANGE, issue(isResolved=True)))
    assert Exposure.objects.get().cleared_at == NOW
    assert Issue.objects.get().exposed_customers == 0


def test_a_state_that_did_not_change_writes_no_history_and_keeps_its_since(feed):
    feed = tell(feed, service(*EXCHANGE, issue()), service(*TEAMS))
    feed = tell(feed, service(*EXCHANGE, issue(posts=[post("news")])), service(*TEAMS), now=LATER)
    assert StateChange.objects.count() == 2
    assert set(ServiceState.objects.values_list("since", flat=True)) == {NOW}
    assert feed.customer.health_since == NOW


def test_an_unheard_of_status_is_shown_as_unknown_with_its_raw_value(feed):
    feed = tell(feed, service(*EXCHANGE, status="gradualRecovery"), service(*TEAMS))
    state = ServiceState.objects.get(service__name="Exchange Online")
    assert (state.state, state.status, state.status_raw) == (State.UNKNOWN, Issue.Status.OTHER, "gradualRecovery")
    assert feed.customer.health == State.UNKNOWN


def test_denied_access_turns_everything_unknown_with_the_cause(feed):
    feed = tell(feed, service(*EXCHANGE, issue()), service(*TEAMS))
    feed = deny(feed)
    assert set(ServiceState.objects.values_list("state", "unknown_because", "since")) == {
        (State.UNKNOWN, "FORBIDDEN", LATER)
    }
    customer = feed.customer
    assert (customer.health, customer.unknown_because, customer.health_since) == (State.UNKNOWN, "FORBIDDEN", LATER)
    assert (feed.problem, feed.paused_because, feed.problem_since, feed.fingerprint) == (
        "FORBIDDEN",
        "FORBIDDEN",
        LATER,
        None,
    )
    assert StateChange.objects.filter(after=State.UNKNOWN, because="FORBIDDEN").count() == 2
    assert Exposure.objects.open().count() == 1  # nothing says that it is over


def test_access_denied_for_hours_writes_history_once(feed):
    feed = tell(feed, service(*EXCHANGE))
    feed = deny(deny(feed), now=LATER + timedelta(hours=1))
    assert StateChange.objects.filter(after=State.UNKNOWN).count() == 1
    assert (feed.failures, feed.problem_since) == (2, LATER)
    assert feed.customer.health_since == LATER


def test_regained_access_makes_everything_known_again(feed):
    feed = deny(tell(feed, service(*EXCHANGE)))
    feed = tell(feed, service(*EXCHANGE), now=LATER + timedelta(hours=1))
    state = ServiceState.objects.get()
    assert (state.state, state.unknown_because) == (State.HEALTHY, "")
    assert (feed.customer.health, feed.customer.unknown_because, feed.problem, feed.failures) == (
        State.HEALTHY,
        "",
        "",
        0,
    )


def test_a_stale_epoch_writes_nothing(feed):
    Feed.objects.filter(pk=feed.pk).update(epoch=feed.epoch + 1)
    assert store_readings([changed(feed, service(*EXCHANGE, issue()))], now=NOW) == 0
    assert store_readings([Failed(feed=feed, problem=Feed.Problem.FORBIDDEN, detail="")], now=NOW) == 0
    assert finish_unchanged([Unchanged(feed=feed)], now=NOW) == 0
    assert not Service.objects.exists() and not Issue.objects.exists() and not ServiceState.objects.exists()
    after = Feed.objects.get()
    assert (after.read_at, after.problem) == (None, "")


def test_text_that_postgresql_does_not_store_is_stored_without_it(feed):
    tell(feed, service(*EXCHANGE, issue(title="Mail\x00", impactDescription="a\x00b", posts=[post("c\x00d")])))
    assert Issue.objects.values_list("title", "impact", "posts__html").get() == ("Mail", "ab", "cd")


def test_a_new_young_issue_hurries_customers_with_the_same_service(make_feeds):
    first, neighbor, other_service, throttled = make_feeds(4)
    neighbor = tell(neighbor, service(*EXCHANGE))
    other_service = tell(other_service, service(*TEAMS))
    throttled = tell(throttled, service(*EXCHANGE))
    Feed.objects.filter(pk=throttled.pk).update(problem=Feed.Problem.THROTTLED)
    tell(first, service(*EXCHANGE, issue(startDateTime="2026-11-22T11:50:00Z")))
    due = dict(Feed.objects.values_list("pk", "due_at"))
    assert due[neighbor.pk] < neighbor.due_at - timedelta(minutes=10)
    assert (due[other_service.pk], due[throttled.pk]) == (other_service.due_at, throttled.due_at)


@pytest.mark.parametrize("fields", [{"startDateTime": "2026-11-20T10:00:00Z"}, {"isResolved": True}])
def test_an_old_or_resolved_issue_hurries_nobody(make_feeds, fields):
    first, neighbor = make_feeds(2)
    neighbor = tell(neighbor, service(*EXCHANGE))
    tell(first, service(*EXCHANGE, issue(**fields)))
    assert Feed.objects.get(pk=neighbor.pk).due_at == neighbor.due_at
