"""The gate before Microsoft: a check of at most fifteen minutes, no active issue, or a reason that is kept."""

from datetime import datetime, timedelta

import pytest

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry as AuditEntry
from customers.models import Connection, Customer, Feed
from health.models import Service
from health.poll import poll_feeds
from support.changes import change
from support.escalation.beginning import Refused, begin
from support.escalation.checks import GIVES_UP_AFTER, NotPossible, ask_check, finish_waiting
from support.escalation.gate import FRESH, Barrier, gate_of
from support.models import Escalation, HealthCheck, Purchase, Queue, Ticket
from tests.support.escalation.conftest import Desk
from tests.support.test_known import make_issue

pytestmark = pytest.mark.django_db


def check(ticket: Ticket, *, by: User, now: datetime) -> HealthCheck:
    return ask_check(Ticket.objects.get(pk=ticket.pk), by=by, now=now)


def barrier(ticket: Ticket, *, now: datetime) -> Barrier:
    return gate_of(Ticket.objects.get(pk=ticket.pk), now=now).barrier


def test_nothing_begins_without_a_check_that_is_fifteen_minutes_old_at_most(desk: Desk, now: datetime) -> None:
    assert barrier(desk.ticket, now=now) == Barrier.NOT_CHECKED
    desk.read(now)
    made = check(desk.ticket, by=desk.agent, now=now)

    assert (made.state, made.read_at, made.service_name) == ("DONE", now, "Exchange Online")
    assert barrier(desk.ticket, now=now + FRESH) == Barrier.NONE
    assert barrier(desk.ticket, now=now + FRESH + timedelta(seconds=1)) == Barrier.TOO_OLD


def test_an_older_reading_is_asked_for_again_on_the_spot(desk: Desk, now: datetime) -> None:
    desk.read(now - timedelta(minutes=10))
    waiting = check(desk.ticket, by=desk.agent, now=now)
    assert (waiting.state, barrier(desk.ticket, now=now)) == ("WAITING", Barrier.BEING_CHECKED)
    assert check(desk.ticket, by=desk.agent, now=now) == waiting
    assert finish_waiting(now=now) == 0

    desk.read(now + timedelta(seconds=5))
    assert finish_waiting(now=now + timedelta(seconds=5)) == 1
    assert HealthCheck.objects.get().read_at == now + timedelta(seconds=5)
    assert barrier(desk.ticket, now=now + timedelta(seconds=5)) == Barrier.NONE


def test_the_check_is_made_of_what_microsoft_answers_the_client_that_ships(
    customers: list[Customer], queue: Queue, ticket: Ticket, support_agent: User, now: datetime
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(customer=customers[0])
    made = check(ticket, by=support_agent, now=now - timedelta(days=3650))
    assert made.state == "WAITING"
    claims = Feed.objects.filter(customer=customers[0], kind="HEALTH")

    feed = claims.get()
    assert feed.due_because == Feed.Because.ASKED or feed.read_at is None
    poll_feeds([(feed.pk, feed.epoch)], now=now)
    assert finish_waiting(now=now) == 1

    done = HealthCheck.objects.get()
    assert done.state == "DONE"
    assert "Exchange Online" in {row["name"] for row in done.services}


def test_a_customer_who_can_not_be_read_is_said_to_be_so(desk: Desk, now: datetime) -> None:
    desk.read(now - timedelta(hours=1))
    check(desk.ticket, by=desk.agent, now=now)
    desk.read(now + timedelta(seconds=3), problem="FORBIDDEN")
    assert finish_waiting(now=now + timedelta(seconds=3)) == 1
    assert barrier(desk.ticket, now=now + timedelta(seconds=3)) == Barrier.NOT_READ

    check(desk.ticket, by=desk.agent, now=now + timedelta(minutes=1))
    Feed.objects.all().delete()
    assert finish_waiting(now=now + timedelta(minutes=2)) == 0
    assert finish_waiting(now=now + timedelta(minutes=1) + GIVES_UP_AFTER) == 1

    Connection.objects.update(is_paused=True)
    with pytest.raises(NotPossible):
        check(desk.ticket, by=desk.agent, now=now + timedelta(hours=1))


def test_an_active_issue_of_the_product_stops_it_and_one_of_another_product_does_not(desk: Desk, now: datetime) -> None:
    desk.read(now)
    make_issue("TM1", title="Meetings fail", hits=desk.contoso, now=now, service="Microsoft Teams")
    check(desk.ticket, by=desk.agent, now=now)
    assert barrier(desk.ticket, now=now) == Barrier.NONE

    make_issue("EX1", title="Mail is late", hits=desk.contoso, now=now)
    made = check(desk.ticket, by=desk.agent, now=now + timedelta(seconds=1))
    assert barrier(desk.ticket, now=now + timedelta(seconds=1)) == Barrier.ACTIVE_ISSUE
    assert [issue["title"] for issue in made.issues] == ["Mail is late"]


def test_a_check_of_another_product_does_not_count(desk: Desk, now: datetime) -> None:
    desk.read(now)
    check(desk.ticket, by=desk.agent, now=now)
    teams = Service.objects.create(cloud="global", microsoft_id="Teams", name="Microsoft Teams")
    change(desk.ticket.pk, values={"service": teams}, by=desk.agent, now=now)
    assert barrier(desk.ticket, now=now) == Barrier.NOT_CHECKED


def test_a_commercial_question_needs_no_health_check(ticket: Ticket, now: datetime) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(kind="COMMERCIAL")
    assert barrier(ticket, now=now) == Barrier.NONE


def test_who_passes_the_gate_gives_a_reason_that_the_audit_keeps(desk: Desk, now: datetime) -> None:
    desk.read(now)
    make_issue("EX1", title="Mail is late", hits=desk.contoso, now=now)
    check(desk.ticket, by=desk.agent, now=now)
    desk.tick_all(now)

    for reason, code in [("", "active_issue"), ("too short", "reason_too_short")]:
        with pytest.raises(Refused) as refused:
            begin(desk.ticket.pk, purchase=Purchase.CSP, by=desk.agent, now=now, reason=reason)
        assert refused.value.code == code
    assert not Escalation.objects.exists()

    words = "Another trouble: only shared mailboxes"
    made = begin(desk.ticket.pk, purchase=Purchase.CSP, by=desk.agent, now=now, reason=words)
    assert (made.state, made.override_reason, made.health_check) == ("DRAFT", words, HealthCheck.objects.get())
    kept = AuditEntry.objects.get(action="escalation.gate_passed")
    assert (kept.after, kept.customer) == ({"barrier": "active_issue", "reason": words}, desk.contoso.tenant_id)


def test_a_second_press_finds_the_draft_of_the_first(desk: Desk, now: datetime) -> None:
    desk.read(now)
    check(desk.ticket, by=desk.agent, now=now)
    desk.tick_all(now)
    first = begin(desk.ticket.pk, purchase=Purchase.CSP, by=desk.agent, now=now)
    second = begin(desk.ticket.pk, purchase=Purchase.CSP, by=desk.agent, now=now)

    assert (first, first.escalation_no, first.plan, first.way) == (second, 1, "PREMIER", "DEEP_LINK")
    assert AuditEntry.objects.filter(action="escalation.begun").count() == 1


def test_unticked_items_and_a_wrong_way_are_named(desk: Desk, now: datetime) -> None:
    desk.read(now)
    check(desk.ticket, by=desk.agent, now=now)
    with pytest.raises(Refused, match="Reproduced it") as open_items:
        begin(desk.ticket.pk, purchase=Purchase.CSP, by=desk.agent, now=now)
    assert open_items.value.code == "baseline_open"

    desk.tick_all(now)
    with pytest.raises(Refused, match="publisher") as not_ours:
        begin(desk.ticket.pk, purchase=Purchase.MARKETPLACE, by=desk.agent, now=now)
    assert not_ours.value.code == "not_ours"
