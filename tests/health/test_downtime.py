"""Minutes of downtime per month, against the spans of each customer's own history, and the claims for them."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.audit.models import Entry
from customers.models import Feed, State
from health.downtime.reckon import next_month, reckon_month
from health.models import Downtime, Exposure, Gap, Issue, Service, StateChange
from health.timeline import spans_between, sum_of
from tests.health.conftest import MakeFeeds
from tests.health.pages.conftest import text_of

pytestmark = pytest.mark.django_db
MONTH = date(2026, 10, 1)
START = datetime(2026, 10, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def service() -> Service:
    return Service.objects.create(cloud="global", microsoft_id="Made", name="Made for this")


def _change(feed: Feed, service: Service, *, at: datetime, after: State) -> StateChange:
    return StateChange(customer_id=feed.customer_id, service=service, at=at, after=after)


@pytest.mark.parametrize("now", [next_month(MONTH) + timedelta(days=9), START + timedelta(days=17, seconds=5)])
def test_minutes_are_those_of_the_spans_of_each_customer(
    make_feeds: MakeFeeds, service: Service, now: datetime
) -> None:
    dice, end = Random(7), min(now, next_month(MONTH))
    feeds = make_feeds(12)
    expected = {}
    for number, feed in enumerate(feeds):
        moments = sorted(START + dice.randint(-20_000, 60_000) * MINUTE for _ in range(dice.randint(0, 30)))
        changes = [(at, dice.choice(list(State))) for at in moments if at < now]
        StateChange.objects.bulk_create(_change(feed, service, at=at, after=after) for at, after in changes)
        edges = sorted(START + dice.randint(-5_000, 30_000) * MINUTE for _ in range(6))
        gaps = [(began, ended) for began, ended in zip(edges[::2], edges[1::2], strict=True) if began < ended < now]
        Gap.objects.bulk_create(
            Gap(customer_id=feed.customer_id, began_at=began, ended_at=ended) for began, ended in gaps
        )
        Feed.objects.filter(pk=feed.pk).update(read_at=now if number % 3 else None)
        whole = sum_of(spans_between(changes, gaps=gaps, start=START, end=end))
        if whole.incident:
            expected[feed.customer_id] = tuple(
                int(length.total_seconds()) for length in (whole.incident, whole.degraded, whole.healthy, whole.unknown)
            )
    assert len(expected) > 5
    reckon_month(MONTH, now=now)
    rows = Downtime.objects.values_list(
        "customer", "incident_seconds", "degraded_seconds", "healthy_seconds", "unknown_seconds"
    )
    assert {customer: tuple(seconds) for customer, *seconds in rows} == expected


def test_time_since_the_last_reading_grew_too_old_is_no_downtime(feed: Feed, service: Service) -> None:
    now = START + timedelta(days=2)
    _change(feed, service, at=START, after=State.INCIDENT).save()
    Feed.objects.filter(pk=feed.pk).update(read_at=START + timedelta(hours=5))
    reckon_month(MONTH, now=now)
    row = Downtime.objects.get()
    assert timedelta(hours=5) < timedelta(seconds=row.incident_seconds) < timedelta(hours=7)
    assert row.incident_seconds + row.unknown_seconds == 2 * 24 * 3600


@pytest.fixture
def hit(feed: Feed, service: Service) -> Downtime:
    """Ten hours of incident in a month of thirty-one days, with Microsoft's issue behind it."""
    for hour, after in ((0, State.HEALTHY), (10, State.INCIDENT), (20, State.HEALTHY)):
        _change(feed, service, at=START + timedelta(hours=hour), after=after).save()
    now = timezone.now()
    Feed.objects.filter(pk=feed.pk).update(read_at=now)
    issue = Issue.objects.create(
        cloud="global",
        microsoft_id="MA123",
        title="It was down",
        service_name=service.name,
        classification=Issue.Classification.INCIDENT,
        status="RESTORED",
        state=State.HEALTHY,
        is_resolved=True,
        first_seen_at=START,
        changed_at=START,
    )
    began = START + timedelta(hours=10)
    Exposure.objects.create(
        issue=issue, customer_id=feed.customer_id, first_seen_at=began, last_seen_at=began, cleared_at=began + MINUTE
    )
    reckon_month(MONTH, now=next_month(MONTH) + timedelta(days=1))
    return Downtime.objects.get()


def test_the_report_shows_minutes_issues_and_candidates(hit: Downtime, as_agent: Client) -> None:
    page = text_of(as_agent, "/reports/downtime/?month=2026-10")
    assert "600" in page
    assert "MA123" in page
    assert "candidate" in page
    assert "98.655 %" in page
    assert "MA123" not in text_of(as_agent, "/reports/downtime/?month=2026-10&below=98")
    assert "MA123" in text_of(as_agent, "/reports/downtime/?month=2026-10&below=98&show=all")
    assert "MA123" not in text_of(as_agent, "/reports/downtime/?month=2026-09&show=all")


def test_a_claim_is_kept_with_its_number_and_outlives_the_next_reckoning(hit: Downtime, as_agent: Client) -> None:
    address = f"/reports/downtime/{hit.pk}/"
    assert "Write the number" in as_agent.post(address, {"claim": "CLAIMED"}).content.decode()
    as_agent.post(address, {"claim": "CLAIMED", "claim_number": "SR-1"})
    reckon_month(MONTH, now=next_month(MONTH) + timedelta(days=1))
    hit.refresh_from_db()
    assert (hit.claim, hit.claim_number) == (Downtime.Claim.CLAIMED, "SR-1")
    assert Entry.objects.filter(action="claim.changed").count() == 1
    file = b"".join(as_agent.get("/reports/downtime/export.csv?month=2026-10")).decode()  # type: ignore[arg-type]
    assert "SR-1" in file
