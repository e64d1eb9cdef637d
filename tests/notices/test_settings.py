"""Rules, targets and the log of deliveries, as owners keep them."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from csp_portal.audit.models import Entry
from csp_portal.notices.events import raise_event
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Delivery, Rule, Target
from csp_portal.notices.sending import send_due
from customers.models import CustomerGroup
from health.alerts.deal import deal
from tests.notices.conftest import MakeTarget
from tests.receiver import say

BASE = "/settings/alerts/"
MAIL = {"name": "Desk", "way": "MAIL", "addresses": "a@partner.example\nb@partner.example", "language": "en"}
HOOK = {"name": "Program", "way": "WEBHOOK", "url": "https://93.184.216.34/hook", "language": "en", "is_enabled": "on"}


@pytest.fixture
def told_target(make_target: MakeTarget, make_rule: Callable[..., Rule]) -> Target:
    """A target that is due to be told of a broken connection."""
    target, now = make_target(), timezone.now()
    make_rule(target, since_at=now - timedelta(minutes=5))
    facts, before = {"title": "Contoso", "path": "/"}, now - timedelta(minutes=1)
    raise_event(EventKind.CONNECTION_BROKEN, key="c", severity=Severity.CRITICAL, facts=facts, now=before)
    deal(now=now)
    return target


def test_a_target_of_mails_is_kept_and_recorded(as_owner):
    assert as_owner.post(f"{BASE}targets/new/", {**MAIL, "is_enabled": "on"}).status_code == 302

    target = Target.objects.get()
    assert target.addresses == ["a@partner.example", "b@partner.example"]
    assert Entry.objects.get(action="target.added").after["name"] == "Desk"


def test_the_signing_key_is_shown_once_and_neither_it_nor_the_address_again(as_owner):
    page = as_owner.post(f"{BASE}targets/new/", HOOK).content.decode()
    target = Target.objects.get()
    key = target.open_secret("signing_key")
    assert key in page and len(base64.b64decode(key.removeprefix("whsec_"))) == 32
    assert target.open_secret("url") == HOOK["url"] and HOOK["url"] not in target.sealed_url

    again = as_owner.get(f"{BASE}targets/{target.pk}/").content.decode()
    assert key not in again and HOOK["url"] not in again
    assert HOOK["url"] not in json.dumps(Entry.objects.get(action="target.added").after)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"url": "https://10.0.0.1/hook"}, "not on the public internet"),
        ({"url": "http://93.184.216.34/hook"}, "begins with https://"),
        ({"url": ""}, "Write the address"),
        ({"way": "MAIL"}, "at least one mail address"),
        ({"way": "MAIL", "addresses": "nobody"}, "valid email address"),
    ],
)
def test_a_target_that_could_not_be_reached_is_not_kept(as_owner, change, sentence):
    page = as_owner.post(f"{BASE}targets/new/", {**HOOK, **change}).content.decode()

    assert sentence in page
    assert not Target.objects.exists()


def test_an_address_that_is_left_empty_stays_and_saving_asks_a_failing_target_again(as_owner, make_target):
    target = make_target()
    Target.objects.update(failures=4, failing_since=timezone.now(), held_until=timezone.now() + timedelta(hours=1))
    answer = as_owner.post(f"{BASE}targets/{target.pk}/", {**HOOK, "url": "", "name": "Other"})

    kept = Target.objects.get()
    assert answer.status_code == 302
    assert (kept.name, kept.open_secret("url")) == ("Other", target.open_secret("url"))
    assert (kept.failures, kept.held_until) == (0, None)


def test_a_rule_is_made_with_its_scope_and_begins_now(as_owner, make_target):
    group = CustomerGroup.objects.create(name="North", tags=["north"])
    told = {
        **{"name": "North", "is_enabled": "on", "kinds": ["ISSUE_OPENED"], "least": "1", "rhythm": "HOURLY"},
        **{"only_groups": [group.pk], "targets": [str(make_target().pk)], "outside": "WAIT"},
    }
    assert as_owner.post(f"{BASE}rules/new/", told).status_code == 302

    rule = Rule.objects.get()
    assert list(rule.only_groups.all()) == [group]
    assert abs(rule.since_at - timezone.now()) < timedelta(minutes=1)
    assert Entry.objects.get(action="rule.added").after["targets"] == ["Program"]
    page = as_owner.post(f"{BASE}rules/{rule.pk}/", {**told, "except_groups": [group.pk]}).content.decode()
    assert "taken and left out at once" in page


def test_a_rule_that_is_put_into_use_again_does_not_tell_what_happened_in_between(as_owner, make_target, make_rule):
    rule = make_rule(make_target(), is_enabled=False)
    told = {"name": "All", "kinds": ["ISSUE_OPENED"], "least": "2", "rhythm": "AT_ONCE", "outside": "WAIT"}
    told["targets"] = [str(Target.objects.get().pk)]
    as_owner.post(f"{BASE}rules/{rule.pk}/", {**told, "is_enabled": "on"})

    assert Rule.objects.get().since_at > timezone.now() - timedelta(minutes=1)


def test_a_group_that_a_rule_speaks_of_is_not_deleted(as_owner, make_target, make_rule):
    group = CustomerGroup.objects.create(name="North", tags=["north"])
    make_rule(make_target()).only_groups.add(group)
    answer = as_owner.post(f"/settings/groups/{group.pk}/delete/", follow=True)

    assert CustomerGroup.objects.exists()
    assert "All" in answer.content.decode()


def test_a_test_message_is_written_down_sent_by_the_worker_and_its_answer_shown(
    as_owner, make_target, receiver, nearby, owner
):
    receiver.reply = lambda handler: say(handler, 400, b"unknown channel")
    target = make_target()
    answer = as_owner.post(f"{BASE}targets/{target.pk}/test/")
    assert receiver.seen == []  # the request itself sends nothing
    assert "Not sent yet" in as_owner.get(answer["Location"]).content.decode()

    send_due(now=timezone.now(), client=nearby)
    page = as_owner.get(answer["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "HTTP 400" in page and "unknown channel" in page
    assert json.loads(receiver.seen[0][1])["events"][0]["facts"]["by"] == owner.name
    assert Delivery.objects.get().event is None


def test_what_was_set_aside_is_shown_and_sent_once_more_with_the_same_id(
    as_owner, told_target, receiver, nearby, settings
):
    settings.NOTICE_TRIES = 1
    receiver.reply = lambda handler: say(handler, 500, b"down")
    now = timezone.now()
    send_due(now=now, client=nearby)
    delivery = Delivery.objects.get()
    assert delivery.state == Delivery.State.SET_ASIDE
    assert "Contoso" in as_owner.get(f"{BASE}deliveries/?state=SET_ASIDE").content.decode()
    assert "Failing" in as_owner.get(BASE).content.decode()
    assert "Program" in as_owner.get("/system/").content.decode()

    as_owner.post(f"{BASE}deliveries/{delivery.pk}/replay/")
    receiver.reply = lambda handler: say(handler, 200, b"")
    send_due(now=now + timedelta(hours=1), client=nearby)
    assert Delivery.objects.get().state == Delivery.State.SENT
    assert len({headers["webhook-id"] for _, _, headers in receiver.seen}) == 1
    assert Entry.objects.filter(action="delivery.replayed").count() == 1


def test_the_log_and_the_list_cost_few_statements(as_owner, make_target, make_rule, django_assert_max_num_queries):
    now = timezone.now()
    for number in range(10):
        target = make_target(f"T{number}")
        make_rule(target, name=f"R{number}")
        Delivery.objects.bulk_create(
            Delivery(target=target, content={"kind": "TEST", "facts": {}}, made_at=now, due_at=now) for _ in range(20)
        )
    for address in (BASE, f"{BASE}deliveries/"):
        with django_assert_max_num_queries(12):
            assert as_owner.get(address).status_code == 200


def test_a_target_is_called_reached_only_once_it_took_a_message(as_owner, told_target, nearby):
    pages = (BASE, f"{BASE}targets/{told_target.pk}/")
    assert all("Not tried yet" in as_owner.get(page).content.decode() for page in pages)

    send_due(now=timezone.now(), client=nearby)

    assert all("Reached" in as_owner.get(page).content.decode() for page in pages)
