"""Reading customers' health from the sandbox over HTTPS, into PostgreSQL."""

from datetime import timedelta
from itertools import count

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Connection, Customer, Feed, State
from health.models import Exposure, Issue, Post, Service, ServiceState
from health.poll import BATCH_SECONDS, GRACE_SECONDS, poll_feeds
from health.sweep import claim_now
from tests.health.conftest import health_feed, let_pass, read_due, read_everyone

HEALTH = "healthOverviews"


def due_in(feed: Feed) -> float:
    return (feed.due_at - timezone.now()).total_seconds()


def test_a_first_round_fills_the_portal_and_a_second_one_finds_nothing_changed(customers, sandbox, sandbox_world):
    broken = sandbox_world.break_service("Exchange Online", tenants=[0, 1, 2], title="Mail is slow")
    first = read_everyone()
    assert (first.changed, first.unchanged, first.failed.total()) == (len(customers), 0, 0)
    issue = Issue.objects.get(microsoft_id=broken.id)
    assert (issue.title, issue.state, issue.exposed_customers) == ("Mail is slow", State.INCIDENT, 3)
    hit = set(Exposure.objects.open().filter(issue=issue).values_list("customer__name", flat=True))
    assert hit == {customer.name for customer in customers[:3]}
    assert not Customer.objects.filter(name__in=hit).exclude(health=State.INCIDENT).exists()
    states = ServiceState.objects.filter(customer__name__in=hit, service__name="Exchange Online")
    assert set(states.values_list("state", flat=True)) == {State.INCIDENT}
    second = read_everyone()
    assert (second.changed, second.unchanged, second.requests, second.tokens) == (0, len(customers), len(customers), 0)


def test_a_second_round_asks_for_no_token_and_once_for_each_tenant(customers, sandbox):
    read_everyone()
    sandbox.forget_requests()
    read_everyone()
    assert sandbox.requests_to("/token") == []
    assert sandbox.requests_to("openid-configuration") == []
    assert len(sandbox.requests_to(HEALTH)) == len(customers)


def test_a_round_in_which_nothing_changed_writes_one_statement_for_all(customers, sandbox):
    read_everyone()
    with CaptureQueriesContext(database) as queries:
        assert read_everyone().unchanged == len(customers)
    written = [query["sql"] for query in queries if not query["sql"].lstrip().startswith(("SELECT", "SAVE", "RELEASE"))]
    assert len(written) == 2  # the claim and the batched "read at"
    assert len(queries) <= 8


def test_the_story_of_an_incident_is_followed_to_its_end(customers, sandbox, sandbox_world):
    read_everyone()
    broken = sandbox_world.break_service("Microsoft Teams", tenants=[3], title="Calls drop")
    assert read_everyone().changed == 1
    broken.spread([4, 5])
    assert read_everyone().changed == 2
    broken.post("<p>We are <b>looking</b> at it.</p><script>alert(1)</script>")
    assert read_everyone().changed == 3
    issue = Issue.objects.get(microsoft_id=broken.id)
    assert issue.exposed_customers == 3
    assert any("<b>looking</b>" in post.html and "script" not in post.html for post in issue.posts.all())
    broken.restore()
    read_everyone()
    issue.refresh_from_db()
    assert (issue.is_resolved, issue.exposed_customers) == (True, 0)
    assert not Exposure.objects.open().filter(issue=issue).exists()


def test_an_incident_brings_its_customer_round_sooner(customers, sandbox, sandbox_world):
    sandbox_world.break_service("Microsoft Teams", tenants=[3])
    read_everyone()
    calm = Customer.objects.filter(open_incidents=0)[0]
    assert due_in(health_feed(customers[3])) < 331
    assert due_in(health_feed(calm)) > 600
    read_everyone()  # unchanged now, and still sooner
    assert due_in(health_feed(customers[3])) < 331


def test_a_tenant_that_answers_403_turns_unknown_with_the_cause_and_is_known_again_later(
    customers, sandbox, sandbox_world
):
    read_everyone()
    sandbox_world.tenant(0).fail(403)
    assert read_everyone().failed == {"FORBIDDEN": 1}
    customer = Customer.objects.get(pk=customers[0].pk)
    assert (customer.health, customer.unknown_because) == (State.UNKNOWN, "FORBIDDEN")
    states = ServiceState.objects.filter(customer=customer)
    assert set(states.values_list("state", "unknown_because")) == {(State.UNKNOWN, "FORBIDDEN")}
    feed = health_feed(customer)
    assert feed.paused_because == "FORBIDDEN"
    assert 3500 < due_in(feed) <= 3600
    sandbox_world.tenant(0).heal()
    assert read_everyone().changed == 1
    assert not ServiceState.objects.filter(customer=customer, state=State.UNKNOWN).exists()
    assert health_feed(customer).paused_because == ""


def test_missing_consent_is_told_apart_from_a_missing_permission(customers, sandbox, sandbox_world):
    sandbox_world.tenant(0).consent_missing = True
    assert read_everyone().failed == {"CONSENT_MISSING": 1}
    assert Customer.objects.get(pk=customers[0].pk).unknown_because == "CONSENT_MISSING"


def test_a_kept_token_that_microsoft_no_longer_takes_is_replaced_at_once(customers, sandbox, sandbox_world):
    read_everyone()
    sandbox_world.tenant(0).fail(401, times=1)
    done = read_everyone()
    assert (done.failed.total(), done.tokens) == (0, 1)


def test_a_throttled_tenant_is_not_asked_before_microsoft_said_so(customers, sandbox, sandbox_world):
    read_everyone()
    tenant = sandbox_world.tenant(0)
    tenant.throttled_for = 120
    assert read_everyone().failed == {"THROTTLED": 1}
    feed = health_feed(customers[0])
    assert 110 < due_in(feed) <= 121
    assert (feed.problem, feed.failures, feed.paused_because) == ("THROTTLED", 0, "")
    sandbox.forget_requests()
    assert read_everyone().requests == len(customers) - 1
    assert read_due().requests == 0
    assert sandbox.requests_to(HEALTH, tenant_id=tenant.tenant_id) == []
    assert Customer.objects.get(pk=customers[0].pk).unknown_because == ""  # its last reading still holds


@pytest.mark.parametrize("fault", [{"fail_with": 503}, {"reset_connection": True}, {"truncate_json": True}])
def test_an_unavailable_tenant_keeps_its_states_and_backs_off(customers, sandbox, sandbox_world, fault):
    read_everyone()
    before = list(ServiceState.objects.values_list("pk", "state"))
    for name, value in fault.items():
        setattr(sandbox_world.tenant(0), name, value)
    assert read_everyone().failed == {"UNAVAILABLE": 1}
    feed = health_feed(customers[0])
    assert 29 < due_in(feed) <= 60
    assert list(ServiceState.objects.values_list("pk", "state")) == before
    sandbox_world.tenant(0).heal()
    assert read_everyone().unchanged == len(customers)
    assert health_feed(customers[0]).problem == ""


def test_five_failures_set_a_feed_aside_where_a_person_sees_it(customers, sandbox, sandbox_world):
    sandbox_world.tenant(0).fail(500)
    for _ in range(5):
        assert health_feed(customers[0]).paused_because == ""
        read_everyone()
    feed = health_feed(customers[0])
    assert (feed.failures, feed.paused_because) == (5, "UNAVAILABLE")
    assert feed.problem_since is not None and feed.tried_at is not None
    assert feed.problem_since < feed.tried_at


def test_an_empty_answer_deletes_nothing_and_is_shown(customers, sandbox, sandbox_world):
    read_everyone()
    counts = [model.objects.count() for model in (Issue, Post, Exposure, ServiceState)]
    read_at = health_feed(customers[0]).read_at
    sandbox_world.tenant(0).empty_answer = True
    assert read_everyone().failed == {"EMPTY": 1}
    assert [model.objects.count() for model in (Issue, Post, Exposure, ServiceState)] == counts
    feed = health_feed(customers[0])
    assert (feed.problem, feed.read_at) == ("EMPTY", read_at)  # nothing was read, so the reading grows stale


def test_a_next_page_on_a_foreign_host_is_refused_and_the_feed_says_so(customers, sandbox, sandbox_world):
    read_everyone()
    sandbox_world.tenant(0).next_link = "https://evil.example/v1.0/next"
    assert read_everyone().failed == {"UNEXPECTED": 1}
    feed = health_feed(customers[0])
    assert feed.problem == "UNEXPECTED"
    assert "evil.example" in feed.problem_detail
    assert "no token was sent" in feed.problem_detail


def test_an_answer_in_pages_is_read_whole(customers, sandbox, sandbox_world):
    read_everyone()
    sandbox_world.tenant(0).page_size = 4
    done = read_everyone()
    assert (done.changed, done.failed.total()) == (0, 0)
    assert done.requests > len(customers)


def test_a_broken_connection_is_said_on_every_feed_and_nobody_is_asked(customers, sandbox):
    Connection.objects.update(sealed_client_secret="not sealed by us")
    done = read_everyone()
    assert (done.failed, done.requests) == ({"SECRET_WRONG": len(customers)}, 0)
    assert set(Customer.objects.values_list("unknown_because", flat=True)) == {"SECRET_WRONG"}


def test_a_worker_that_slept_past_its_lease_writes_nothing(customers, sandbox):
    claims = claim_now(Feed.objects.all())
    claim_now(Feed.objects.all())
    done = poll_feeds(claims, now=timezone.now())
    assert (done.late, done.requests) == (len(customers), 0)
    assert not ServiceState.objects.exists()


def test_a_feed_taken_by_another_while_it_was_read_is_left_to_the_other(customers, sandbox, sandbox_world):
    """The epoch moves on between the request and the writing."""
    read_everyone()
    claims = claim_now(Feed.objects.all())
    Feed.objects.filter(customer=customers[0]).update(epoch=99)
    done = poll_feeds(claims, now=timezone.now())
    assert (done.late, done.unchanged) == (1, len(customers) - 1)


def test_what_comes_due_is_read_by_the_next_sweep(customers, sandbox):
    read_everyone()
    assert read_due().read == 0
    let_pass(timedelta(minutes=17))
    assert read_due().read == len(customers)


def test_a_batch_that_microsoft_keeps_waiting_ends_and_keeps_what_it_read(customers, sandbox):
    """Time flies here: with each look at the clock so much goes by that only the first few customers are asked."""
    ticks = count(step=BATCH_SECONDS / 4)
    done = poll_feeds(claim_now(Feed.objects.all()), now=timezone.now(), clock=lambda: next(ticks))
    assert done.changed == len(sandbox.requests_to(HEALTH)) == done.requests
    assert 1 <= done.changed <= 4
    assert done.failed == {"UNAVAILABLE": len(customers) - done.changed}
    late = Feed.objects.filter(kind=Feed.Kind.HEALTH, problem="UNAVAILABLE")
    assert late.count() == len(customers) - done.changed
    assert "so slowly" in late[0].problem_detail
    assert ServiceState.objects.values("customer").distinct().count() == done.changed


def test_a_batch_ends_before_celery_would_cut_it_off(settings):
    assert BATCH_SECONDS + GRACE_SECONDS < settings.CELERY_TASK_SOFT_TIME_LIMIT - 20


def test_the_same_answer_settles_a_customer_once_a_service_has_been_missing_for_a_week(customers, sandbox):
    read_everyone()
    before = timezone.now() - timedelta(days=8)
    dropped = Service.objects.create(cloud="custom", microsoft_id="Dropped", name="Dropped")
    ServiceState.objects.create(
        customer=customers[0], service=dropped, state=State.UNKNOWN, since=before, missing_since=before
    )
    Customer.objects.filter(pk=customers[0].pk).update(health=State.UNKNOWN)
    assert read_everyone().changed == 0
    Feed.objects.filter(customer=customers[0]).update(changed_at=before)
    assert read_everyone().changed == 1
    assert Customer.objects.get(pk=customers[0].pk).health != State.UNKNOWN
    assert read_everyone().changed == 0
