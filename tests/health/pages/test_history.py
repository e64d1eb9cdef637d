"""A customer's history: bars, availability without unknown time, and what we knew at a moment."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Customer, Feed, State
from health.history import read_history, what_we_knew
from health.models import Exposure, Gap, Issue, ServiceState, StateChange
from tests.health.conftest import read_everyone
from tests.health.pages.conftest import text_of

HOUR = timedelta(hours=1)


@pytest.fixture
def customer(customers):
    read_everyone()
    return Customer.objects.filter(health=State.HEALTHY).first()


@pytest.fixture
def told(customer):
    """Exchange Online: healthy for ten days, down for two hours yesterday at noon."""
    now = timezone.now()
    state = ServiceState.objects.get(customer=customer, service__name="Exchange Online")
    StateChange.objects.filter(customer=customer).delete()
    broke = now - timedelta(days=1)
    for at, before, after in (
        (now - timedelta(days=10), None, State.HEALTHY),
        (broke, State.HEALTHY, State.INCIDENT),
        (broke + 2 * HOUR, State.INCIDENT, State.HEALTHY),
    ):
        StateChange.objects.create(customer=customer, service=state.service, at=at, before=before, after=after)
    return broke


def _address(customer, query=""):
    return f"/customers/{customer.tenant_id}/health/history/{query}"


def test_two_hours_of_incident_are_counted_and_unknown_time_is_left_out(customer, told):
    now = timezone.now()

    (history,) = read_history(customer, days=30, read_at=now, now=now)

    assert history.sum.incident_minutes == 120
    assert history.sum.known == pytest.approx(timedelta(days=10), abs=timedelta(seconds=5))
    assert history.sum.availability == pytest.approx(100 * (1 - 2 / 240), abs=0.01)
    assert 60 < history.sum.unknown_percent < 70
    assert len(history.days) == 30
    assert [day.state for day in history.days].count(State.INCIDENT) in (1, 2)
    assert sum(block.width for block in history.blocks()) == 30


def test_time_in_which_nobody_read_is_unknown_though_the_state_stood_there(customer, told):
    now = timezone.now()

    (history,) = read_history(customer, days=30, read_at=now - timedelta(days=5), now=now)

    assert history.sum.incident_minutes == 0
    assert history.days[-2].state == State.UNKNOWN


def test_a_reading_that_comes_after_a_long_pause_writes_the_gap_down(customer):
    before = timezone.now() - timedelta(hours=6)
    Feed.objects.filter(customer=customer, kind=Feed.Kind.HEALTH).update(read_at=before)

    read_everyone()
    read_everyone()

    gap = Gap.objects.get()
    assert gap.customer == customer
    assert before < gap.began_at < before + 2 * HOUR
    assert gap.ended_at > timezone.now() - HOUR


def test_the_page_shows_a_bar_for_every_service(customer, as_viewer):
    page = as_viewer.get(_address(customer, "?days=90"))

    assert len(page.context["histories"]) == ServiceState.objects.filter(customer=customer).count()
    assert page.content.decode().count('class="day-bar"') == len(page.context["histories"])
    assert "The last 90 days" in text_of(as_viewer, _address(customer, "?days=90"))
    assert as_viewer.get(_address(customer, "?days=7000")).context["days"] == 30


def test_what_we_knew_then_is_what_was_stored_then(customer, told, viewer):
    now = timezone.now()
    Exposure.objects.filter(customer=customer).delete()
    issue = Issue.objects.earliest("pk")
    Exposure.objects.create(
        issue=issue, customer=customer, first_seen_at=told, last_seen_at=told, cleared_at=told + 2 * HOUR
    )

    during = what_we_knew(viewer, customer, at=told + HOUR, read_at=now, now=now)
    after = what_we_knew(viewer, customer, at=told + 3 * HOUR, read_at=now, now=now)
    long_ago = what_we_knew(viewer, customer, at=told - timedelta(days=30), read_at=now, now=now)

    assert [state for _, state in during.states] == [State.INCIDENT]
    assert [exposure.issue for exposure in during.exposures] == [issue]
    assert [state for _, state in after.states] == [State.HEALTHY]
    assert after.exposures == ()
    assert long_ago.states == ()


def test_in_a_gap_we_knew_nothing(customer, told, viewer):
    now = timezone.now()
    Gap.objects.create(customer=customer, began_at=told - HOUR, ended_at=told + 2 * HOUR)

    known = what_we_knew(viewer, customer, at=told + HOUR, read_at=now, now=now)

    assert [state for _, state in known.states] == [State.UNKNOWN]


@pytest.mark.parametrize("text", ["x", "2026-02-31T10:00", "9999-01-01T00:00", "0001-01-01T00:00"])
def test_a_moment_that_is_none_is_told_so(customer, as_viewer, text):
    assert "This is no moment of the past" in text_of(as_viewer, _address(customer, f"?at={text}"))


@pytest.mark.parametrize("offset", ["%2B23:59", "-23:59", "%2B16:00"])
def test_a_moment_of_a_clock_that_no_place_has_breaks_nothing(customer, as_viewer, offset):
    moment = f"{timezone.now() - timedelta(days=3):%Y-%m-%dT%H:%M}"

    assert "What stood in our books" in text_of(as_viewer, _address(customer, f"?at={moment}{offset}"))


def test_a_moment_is_asked_for_in_a_form_and_answered_on_the_page(customer, as_viewer):
    minute_ago = timezone.now() - timedelta(seconds=1)
    StateChange.objects.filter(customer=customer).update(at=minute_ago - HOUR)

    text = text_of(as_viewer, _address(customer, f"?at={minute_ago:%Y-%m-%dT%H:%M}"))

    assert "What stood in our books" in text


def test_takes_few_statements(customer, as_viewer, statements):
    assert statements(as_viewer, _address(customer)) <= 10
