"""Why a customer is read when it is; connections that hang, take turns, and come back."""

import threading
import uuid
from datetime import timedelta

from django.db.models.functions import Now
from django.utils import timezone

from csp_portal.notices.models import Event
from customers.connections import Access
from customers.due import due_of
from customers.models import Connection, Customer, Feed
from health.circuit import pause_after
from health.reading import OPENS_AFTER, Breaker, End, Errand, Failed, read_customer
from health.sweep import sweep_due_feeds
from health.upsert import store_readings
from tests.health.conftest import MakeFeeds, health_feed, let_pass, read_due, read_everyone

HOUR = timedelta(hours=1)
HEALTH = "healthOverviews"


def hush(world, *, is_silent=True):
    for tenant in world.tenants:
        tenant.reset_connection = is_silent


def open_circuit(connection, world):
    hush(world)
    read_everyone()
    connection.refresh_from_db()


def test_a_connection_through_which_nothing_is_heard_is_left_alone_but_for_one_try(
    customers, connection, sandbox, sandbox_world
):
    open_circuit(connection, sandbox_world)
    assert connection.circuit_since is not None
    assert Event.objects.filter(kind="CONNECTION_BROKEN", closed_at=None).count() == 1
    let_pass(HOUR)
    assert read_due().read == read_due().requests == 0
    Connection.objects.update(circuit_until=Now())
    done = read_due()
    assert (done.failed.total(), done.read) == (1, 0)
    later = Connection.objects.get()
    assert later.circuit_failures == connection.circuit_failures + 1
    assert later.circuit_until is not None
    assert later.circuit_until > timezone.now() + timedelta(seconds=50)


def test_the_first_answer_closes_the_circuit_and_everybody_is_read(customers, connection, sandbox, sandbox_world):
    open_circuit(connection, sandbox_world)
    hush(sandbox_world, is_silent=False)
    Connection.objects.update(circuit_until=Now())
    let_pass(HOUR)
    assert read_due().read == len(customers)
    connection.refresh_from_db()
    assert (connection.circuit_since, connection.circuit_failures) == (None, 0)
    assert not Event.objects.filter(kind="CONNECTION_BROKEN", closed_at=None).exists()


def test_one_customer_that_is_not_reached_says_nothing_of_its_connection(customers, connection, sandbox, sandbox_world):
    sandbox_world.tenant(0).reset_connection = True
    for _ in range(3):
        read_everyone()
    connection.refresh_from_db()
    assert connection.circuit_failures == 0
    assert due_of(health_feed(customers[0]), connection=connection).words == "back-off after 3 failures in a row"


def test_two_silent_customers_tried_again_and_again_while_nobody_else_is_due_do_not_open_the_circuit(
    customers, connection, sandbox, sandbox_world
):
    read_everyone()
    for tenant in sandbox_world.tenants[:2]:
        tenant.reset_connection = True
    theirs = Feed.objects.filter(customer__in=customers[:2], kind=Feed.Kind.HEALTH)
    for _ in range(OPENS_AFTER):
        theirs.update(due_at=Now())
        assert read_due().failed.total() == 2
    connection.refresh_from_db()
    assert connection.circuit_since is None
    assert connection.circuit_lost == sorted(row.pk for row in customers[:2])
    read_everyone()
    connection.refresh_from_db()
    assert connection.circuit_lost == []


def test_a_denied_customer_that_is_not_asked_while_the_connection_is_silent_stays_denied(
    customers, connection, sandbox, sandbox_world
):
    sandbox_world.tenant(0).consent_missing = True
    read_everyone()
    feed = health_feed(customers[0])
    before = (feed.problem, feed.problem_detail, feed.paused_because, feed.failures)
    assert feed.paused_because == Feed.Problem.CONSENT_MISSING

    errand = Errand(
        feed=feed,
        tenant_id=str(customers[0].tenant_id),
        access=Access(connection),
        token=None,
        breaker=Breaker(failures=OPENS_AFTER),
        now=timezone.now(),
        end=End(at=60, clock=lambda: 0),
    )
    reading = read_customer(errand)
    assert isinstance(reading, Failed)
    store_readings([reading], now=timezone.now())
    feed = health_feed(customers[0])
    assert (feed.problem, feed.problem_detail, feed.paused_because, feed.failures) == before
    assert feed.due_at > timezone.now() + HOUR / 2

    read_everyone()
    assert Event.objects.get(kind="ACCESS_LOST").count == 1


def test_tries_of_an_open_circuit_come_a_quarter_of_an_hour_apart_at_last():
    assert 30 <= pause_after(OPENS_AFTER) <= 60
    assert 450 <= pause_after(1000) <= 900


def test_connections_take_turns_however_far_behind_one_is(make_feeds: MakeFeeds, settings):
    make_feeds(600)
    let_pass(HOUR)
    small = Connection.objects.create(
        name="Small", cloud="global", partner_tenant_id=uuid.uuid4(), client_id=uuid.uuid4()
    )
    row = Customer.objects.create(tenant_id=uuid.uuid4(), connection=small, cloud="global", name="Late", source="FILE")
    latest = Feed.objects.create(customer=row, kind=Feed.Kind.HEALTH, due_at=Now())
    taken: list[list[tuple[int, int]]] = []
    sweep_due_feeds(taken.append, at_most=500)
    assert latest.pk in {pk for batch in taken for pk, _epoch in batch}


def test_a_connection_that_hangs_holds_up_no_other(customers, connection, sandbox, sandbox_world):
    """Its share fails within one time-out of what is in flight; the rest of it is not asked, the others are read."""
    other = Connection.objects.get(pk=connection.pk)
    other.pk, other.name = uuid.uuid4(), "Other"
    other.seal_secret("client_secret", sandbox_world.partner.client_secret)
    other.save(force_insert=True)
    Customer.objects.filter(pk__in=[row.pk for row in customers[:2]]).update(connection=other)
    for tenant in sandbox_world.tenants[2:]:
        tenant.reset_connection = True
    begun = threading.active_count()
    done = read_everyone()
    assert (done.read, done.failed.total()) == (2, len(customers) - 2)
    assert threading.active_count() <= begun + 16
    assert Connection.objects.get(pk=connection.pk).circuit_since is not None
    assert Connection.objects.get(pk=other.pk).circuit_since is None


def test_a_customer_is_told_why_it_is_read_when_it_is(customers, connection, sandbox, sandbox_world, as_viewer):
    issue = sandbox_world.break_service("Microsoft Teams", tenants=[3])
    sandbox_world.tenant(1).throttled_for = 120
    sandbox_world.tenant(2).fail(403)
    read_everyone()
    because = [health_feed(row).due_because for row in customers[:4]]
    assert because == ["INTERVAL", "WAIT", "SET_ASIDE", "INCIDENT"]
    issue.spread([4])
    second = sandbox_world.break_service("Exchange Online", tenants=[4])
    read_due()
    Feed.objects.filter(customer=customers[4]).update(due_at=Now())
    read_due()
    assert due_of(health_feed(customers[0]), connection=connection).words == (
        f"sooner, for {second.id} has just appeared at another customer"
    )
    page = as_viewer.get(f"/customers/{customers[3].tenant_id}/health/").content.decode()
    assert f"sooner, for {second.id} has just appeared at another customer" in page
