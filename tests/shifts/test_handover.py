"""The hand-over tells what changed since the last visit, of one's own customers only, and keeps who took over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from csp_portal.audit.models import Entry
from csp_portal.notices.events import raise_event
from csp_portal.notices.kinds import EventKind, Severity
from customers.models import Customer, State
from health.models import Exposure, Issue, Post, ShiftLook, Takeover
from health.shifts.changes import changes_since
from health.shifts.looks import note_look
from tests.health.pages.conftest import statements, text_of
from tests.rights.conftest import make_customer, make_issue, make_message, only_north, trade

__all__ = ["only_north", "statements", "trade"]
HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now()


def _ids(issues):
    return {issue.microsoft_id for issue in issues}


def test_reloading_is_one_visit_and_coming_back_is_another(viewer, now):
    assert note_look(viewer, now=now) == now - 24 * HOUR
    assert note_look(viewer, now=now + HOUR) == now
    assert note_look(viewer, now=now + HOUR + timedelta(minutes=1)) == now


def test_issues_are_new_ended_or_updated(trade, owner, now):
    Issue.objects.filter(microsoft_id="EX1").update(first_seen_at=now - 9 * HOUR)
    Post.objects.filter(issue=trade.shared_issue).update(first_seen_at=now - HOUR)
    Issue.objects.filter(microsoft_id="EX2").update(first_seen_at=now - 9 * HOUR, changed_at=now, is_resolved=True)

    found = changes_since(owner, since=now - 8 * HOUR, now=now + HOUR)

    assert (_ids(found.gained), _ids(found.ended), _ids(found.updated)) == ({"EX3"}, {"EX2"}, {"EX1"})


def test_customers_hit_cleared_and_turned_unknown_are_counted(trade, owner, now):
    Exposure.objects.update(first_seen_at=now - 9 * HOUR)
    Exposure.objects.filter(issue=trade.own_issue).update(cleared_at=now)
    Exposure.objects.filter(issue=trade.foreign_issue).update(first_seen_at=now)
    Customer.objects.filter(pk=trade.own.pk).update(
        health=State.UNKNOWN, health_since=now, unknown_because="NO_PERMISSION"
    )

    found = changes_since(owner, since=now - 8 * HOUR, now=now)

    assert (found.newly_hit, found.cleared) == (1, 1)
    assert [one.customer for one in found.unknown] == [trade.own]
    assert found.unknown[0].because


def test_nobody_learns_of_customers_they_do_not_see(trade, viewer, only_north, signed_in, owner):
    now = timezone.now()
    only_north(viewer)
    Customer.objects.update(health=State.UNKNOWN, health_since=now)
    Takeover.objects.create(person=owner, at=now, note="Look at Fabrikam")

    page = text_of(signed_in(viewer), "/handover/?since=24h")

    assert "Northwind" in page
    assert "EX3" not in page
    assert "Fabrikam" not in page


def test_taking_over_is_kept_with_its_note_and_recorded(as_agent, as_viewer, trade):
    assert as_agent.post("/handover/taken-over/", {"note": "Mind <b>Adatum</b>"}).status_code == 302
    assert as_viewer.post("/handover/taken-over/", {"note": "No"}).status_code == 403

    assert "Mind &lt;b&gt;Adatum&lt;/b&gt;" in as_viewer.get("/handover/").content.decode()
    assert Takeover.objects.count() == Entry.objects.filter(action="shift.taken_over").count() == 1


def test_a_note_that_is_too_long_is_refused_in_words(as_agent):
    answer = as_agent.post("/handover/taken-over/", {"note": "x" * 2001}, follow=True)

    assert "The note is too long" in answer.content.decode()
    assert not Takeover.objects.exists()


@pytest.mark.parametrize(
    "query", ["", "?since=8h", "?since=own&at=2020-01-01T00:00", "?since=own&at=nonsense", "?since=x"]
)
def test_since_may_be_chosen_and_nonsense_is_the_last_visit(as_viewer, trade, query):
    assert "EX1" in text_of(as_viewer, f"/handover/{query}")


def test_the_text_to_copy_says_the_same(as_viewer, trade):
    text = as_viewer.get("/handover/").context["text"]

    assert "EX2 Exchange Online" in text
    assert "turned unknown: 0" in text


def test_it_costs_the_same_however_many_customers(as_viewer, viewer, trade, statements):
    few = statements(as_viewer, "/handover/?since=24h")
    more = [make_customer(f"More {number}") for number in range(30)]
    for number in range(10):
        make_issue(f"MO{number}", hits=more)

    assert statements(as_viewer, "/handover/?since=24h") == few
    assert ShiftLook.objects.filter(person=viewer).count() == 1


def test_new_messages_of_ones_own_customers_are_handed_over(trade, viewer, only_north, signed_in, now):
    for name, customer in (("MC1", trade.own), ("MC2", trade.foreign)):
        facts = {"title": name, "message": make_message(name, seen_by=[customer]).pk}
        raise_event(EventKind.MESSAGE_POSTED, key=name, severity=Severity.INFO, facts=facts, now=now)
    only_north(viewer)

    page = text_of(signed_in(viewer), "/handover/?since=8h")

    assert "MC1" in page
    assert "MC2" not in page
    assert not changes_since(viewer, since=now + HOUR, now=now + HOUR).messages
