"""The message center: read per customer, stored once, kept when dropped, shown to whom it concerns."""

from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from django.db.models import F
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from csp_portal.microsoft.message_center import ServiceMessage
from csp_portal.notices.kinds import Severity
from csp_portal.notices.models import Event
from customers.models import CustomerGroup, Feed
from health.alerts.scope import customers_of, visible_events
from health.hold import hold_back
from health.messages.reading import read_messages_of
from health.messages.storing import store_messages
from health.models import Message, MessageSighting
from health.poll import poll_feeds
from health.sweep import claim_now
from tests.health.conftest import health_feed, let_pass, read_everyone

LEASE = timedelta(minutes=6)
NOW = timezone.now()
SAMPLE = (
    Path(__file__).parents[3] / "shared" / "reference" / "graph-samples" / "admin_serviceAnnouncement_messages.json"
)


def read_all():
    Feed.objects.filter(kind=Feed.Kind.MESSAGES).update(due_at=F("due_at") - timedelta(days=1))
    return read_messages_of(Feed.objects.claim_due(Feed.Kind.MESSAGES, limit=100, lease=LEASE), now=timezone.now())


def feed_of(customer):
    return Feed.objects.get(customer=customer, kind=Feed.Kind.MESSAGES)


def test_a_message_is_stored_once_however_many_customers_see_it(customers, sandbox):
    assert read_all() == 12
    assert (Message.objects.count(), MessageSighting.objects.count()) == (4, 48)
    assert read_all() == 12
    assert (Message.objects.count(), MessageSighting.objects.count()) == (4, 48)
    urgent = Message.objects.get(microsoft_id="MC1195018")
    assert (urgent.category, urgent.severity, urgent.is_major) == (Message.Category.PLAN, "critical", True)
    assert len(sandbox.requests_to("/messages")) == 24


def test_a_missing_permission_is_told_with_what_to_do(customers, sandbox, sandbox_world, as_viewer):
    sandbox_world.partner.permissions.discard("ServiceMessage.Read.All")
    assert read_all() == 0
    feed = feed_of(customers[0])
    assert (feed.problem, feed.due_because) == ("FORBIDDEN", "SET_ASIDE")
    page = as_viewer.get(f"/customers/{customers[0].tenant_id}/messages/").content.decode()
    assert "lacks ServiceMessage.Read.All" in page


def test_when_one_feed_of_a_tenant_is_asked_to_wait_the_others_wait_too(customers, sandbox, sandbox_world):
    read_everyone()
    Feed.objects.filter(kind=Feed.Kind.HEALTH).update(due_at=timezone.now())
    sandbox_world.tenant(0).throttled_for = 120
    assert read_all() == 11
    health = health_feed(customers[0])
    assert health.due_because == "WAIT"
    assert health.due_at > timezone.now() + timedelta(seconds=100)
    Feed.objects.update(due_at=timezone.now(), due_because="INTERVAL", problem="", held_until=None)
    read_everyone()
    messages = feed_of(customers[0])
    assert messages.due_because == "WAIT"
    assert messages.due_at > timezone.now() + timedelta(seconds=90)


def test_what_is_being_read_while_the_tenant_asks_to_wait_waits_afterwards(customers, sandbox, sandbox_world):
    read_everyone()
    in_hand = claim_now(Feed.objects.filter(customer=customers[0]))
    sandbox_world.tenant(0).throttled_for = 18_000
    assert read_all() == 11
    sandbox_world.tenant(0).heal()
    assert poll_feeds(in_hand, now=timezone.now()).unchanged == 1
    assert is_held(health_feed(customers[0]))


def test_messages_being_read_while_health_is_refused_wait_afterwards(customers, sandbox, sandbox_world):
    let_pass(timedelta(days=1))
    in_hand = Feed.objects.claim_due(Feed.Kind.MESSAGES, limit=100, lease=LEASE)
    sandbox_world.tenant(0).throttled_for = 18_000
    read_everyone()
    sandbox_world.tenant(0).heal()
    assert read_messages_of(in_hand, now=timezone.now()) == 12
    assert is_held(feed_of(customers[0]))
    assert not is_held(feed_of(customers[1]))


def test_both_in_hand_while_a_review_is_refused_wait_afterwards(customers, sandbox):
    let_pass(timedelta(days=1))
    messages = Feed.objects.claim_due(Feed.Kind.MESSAGES, limit=100, lease=LEASE)
    health = claim_now(Feed.objects.all())
    hold_back({customers[0].pk: 18_000})
    assert not Feed.objects.told_to_wait().exclude(customer=customers[0]).exists()
    assert Feed.objects.told_to_wait().count() == 2

    poll_feeds(health, now=timezone.now())
    read_messages_of(messages, now=timezone.now())
    assert [is_held(feed) for feed in (health_feed(customers[0]), feed_of(customers[0]))] == [True, True]
    assert not is_held(health_feed(customers[1]))


def is_held(feed):
    return feed.due_because == "WAIT" and feed.due_at > timezone.now() + timedelta(seconds=17_000)


def test_what_microsoft_drops_stays_and_is_shown_apart(customers, sandbox, as_viewer):
    read_all()
    store_messages(dict.fromkeys(customers, ()), now=NOW)
    assert MessageSighting.objects.filter(dropped_at=NOW).count() == 48
    assert "MC1190452" not in as_viewer.get("/messages/").content.decode()
    assert "MC1190452" in as_viewer.get("/messages/?show=dropped").content.decode()


def test_what_asks_for_action_comes_first_and_a_page_says_whom_it_concerns(
    customers, sandbox, as_viewer, django_assert_max_num_queries
):
    read_all()
    with django_assert_max_num_queries(12):
        page = as_viewer.get("/messages/").content.decode()
    order = [page.index(name) for name in ("MC1195018", "MC1190452", "MC1193370")]
    assert order == sorted(order)
    assert "MC1187204" not in as_viewer.get("/messages/?show=action").content.decode()
    urgent = Message.objects.get(microsoft_id="MC1195018")
    detail = as_viewer.get(f"/messages/{urgent.pk}/").content.decode()
    assert customers[0].name in detail
    assert as_viewer.get(f"/messages/{urgent.pk + 999}/").status_code == 404


@pytest.mark.skipif(not SAMPLE.exists(), reason="Microsoft's samples do not lie beside the repository")
def test_microsofts_own_sample_is_read_and_made_safe(customers):
    raw = orjson.loads(SAMPLE.read_bytes())["value"][0]
    raw["body"]["content"] += "<script>alert(1)</script>"
    store_messages({customers[0]: [ServiceMessage.from_json(raw)]}, now=NOW)
    stored = Message.objects.get()
    assert (stored.category, stored.services) == ("stayinformed", ["SharePoint Online", "OneDrive for Business"])
    assert "Updated January 07" in stored.html
    assert "script" not in stored.html


def test_an_alert_is_raised_once_of_a_fresh_message_that_asks_for_something(customers, sandbox):
    read_all()
    read_all()
    event = Event.objects.get(kind="MESSAGE_POSTED", facts__title__startswith="MC1195018")
    assert (event.count, event.severity, event.customers.count()) == (1, Severity.WARNING, 0)
    told = set(Event.objects.filter(kind="MESSAGE_POSTED").values_list("key", flat=True))
    assert "message/custom/MC1190452" not in told  # a month old when it was first read
    assert "message/custom/MC1187204" not in told  # only good to know
    assert set(customers_of(event)) == set(customers)


def test_who_sees_only_some_customers_gets_the_alerts_of_their_messages_alone(customers, sandbox, viewer):
    read_all()
    group = CustomerGroup.objects.create(name="First")
    group.added.add(customers[0])
    group.people.add(viewer)
    viewer.sees = User.Sees.ONLY
    viewer.save(update_fields=["sees"])
    assert visible_events(viewer).filter(kind="MESSAGE_POSTED").exists()
    MessageSighting.objects.filter(customer=customers[0]).delete()
    assert not visible_events(viewer).filter(kind="MESSAGE_POSTED").exists()


def test_programs_read_messages_and_whom_they_concern_within_their_scope(customers, sandbox, as_viewer, signed_in):
    read_all()
    listed = as_viewer.get("/api/v1/messages/").json()["results"]
    assert {one["customers"] for one in listed} == {12}
    one = as_viewer.get(f"/api/v1/messages/{listed[0]['key']}/").json()
    assert one["html"] != ""
    theirs = as_viewer.get(f"/api/v1/messages/{one['key']}/customers/").json()["results"]
    assert {row["tenant_id"] for row in theirs} == {str(customer.tenant_id) for customer in customers}

    person = User.objects.create_local("p@portal.example", name="P", role=Role.VIEWER, password="x" * 20)
    group = CustomerGroup.objects.create(name="Mine")
    group.added.set([customers[0]])
    group.people.set([person])
    User.objects.filter(pk=person.pk).update(sees=User.Sees.ONLY)
    narrow = signed_in(person)
    assert {one["customers"] for one in narrow.get("/api/v1/messages/").json()["results"]} == {1}
    theirs = narrow.get(f"/api/v1/messages/{one['key']}/customers/").json()["results"]
    assert [row["tenant_id"] for row in theirs] == [str(customers[0].tenant_id)]
    MessageSighting.objects.filter(customer=customers[0]).delete()
    assert narrow.get(f"/api/v1/messages/{one['key']}/").status_code == 404
