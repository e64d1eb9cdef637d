"""The issue's page in depth: what changed, how far it reaches over time, and words to hand on."""

from datetime import timedelta

import pytest
import xxhash
from django.utils import timezone

from customers.models import Customer
from health.handover import handovers_of
from health.models import Exposure, Issue, Post
from health.queries import visible_exposures
from health.reach import draw_reach
from tests.health.conftest import read_everyone
from tests.health.pages.conftest import text_of


@pytest.fixture
def issue(customers, sandbox_world):
    sandbox_world.break_service("Exchange Online", tenants=range(6), title="Mail does not move")
    read_everyone()
    return Issue.objects.get(title="Mail does not move")


@pytest.fixture
def address(issue):
    return f"/issues/{issue.cloud}/{issue.microsoft_id}/"


def _post(issue, text, *, hours):
    at = timezone.now() + timedelta(hours=hours)
    return Post.objects.create(
        issue=issue, posted_at=at, html=text, digest=xxhash.xxh3_128_digest(text.encode()), first_seen_at=at
    )


def test_the_newest_post_shows_what_it_says_otherwise(issue, address, as_viewer):
    _post(issue, "Current status: We look into it.", hours=1)
    _post(issue, "Current status: We roll back.", hours=2)

    page = as_viewer.get(address).content.decode()

    assert "<ins>roll back.</ins>" in page
    assert "<del>look into it.</del>" in page


def test_what_a_post_says_is_text_in_the_comparison(issue, address, as_viewer):
    _post(issue, "Current status: nothing", hours=1)
    _post(issue, "Current status: &lt;script&gt;alert(1)&lt;/script&gt;", hours=2)

    assert "<script>alert(1)" not in as_viewer.get(address).content.decode()


def test_it_says_when_microsoft_means_to_tell_more_and_that_it_is_late(issue, address, as_viewer):
    _post(issue, "Next update by: Tuesday, March 5, 2024, at 8:00 PM UTC", hours=1)

    assert "Microsoft is late" in text_of(as_viewer, address)


def test_customers_that_came_since_the_last_update_are_counted(issue, address, as_viewer):
    assert as_viewer.get(address).context["counts"]["since_update"] == 6
    _post(issue, "Current status: more", hours=0)
    assert as_viewer.get(address).context["counts"]["since_update"] == 0
    late = Exposure.objects.filter(issue=issue).first()
    Exposure.objects.filter(pk=late.pk).update(first_seen_at=timezone.now() + timedelta(minutes=1))

    assert "1 customer more since Microsoft's last update" in text_of(as_viewer, address)


def test_customers_still_exposed_after_microsoft_says_it_is_over_stand_out(issue, address, as_viewer):
    Issue.objects.filter(pk=issue.pk).update(is_resolved=True)

    assert "6 customers are still exposed" in text_of(as_viewer, address)


def test_the_curve_rises_with_each_customer_and_falls_when_they_are_cleared(issue, as_viewer, viewer):
    now = timezone.now().replace(minute=30)
    rows = list(Exposure.objects.filter(issue=issue).order_by("pk"))
    for hours, row in zip((5, 5, 4, 3, 3, 2), rows, strict=True):
        Exposure.objects.filter(pk=row.pk).update(first_seen_at=now - timedelta(hours=hours))
    Exposure.objects.filter(pk__in=[row.pk for row in rows[:4]]).update(cleared_at=now - timedelta(hours=1))

    curve = draw_reach(visible_exposures(viewer, now=now).filter(issue=issue), now=now)

    heights = [float(point.split(",")[1]) for point in curve.points.split()]
    assert curve.most == 6
    assert heights[0] == curve.height  # nobody
    assert min(heights) == 0  # everybody
    assert heights[-1] == pytest.approx(curve.height - curve.height * 2 / 6, abs=0.1)
    assert draw_reach(Exposure.objects.none(), now=now) is None


def test_the_curve_of_a_short_incident_knows_whom_it_hit(issue, viewer, customers):
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    came, cleared = hour + timedelta(minutes=10), hour + timedelta(minutes=25)
    Exposure.objects.filter(issue=issue).delete()
    Exposure.objects.bulk_create(
        Exposure(issue=issue, customer=customer, first_seen_at=came, last_seen_at=came, cleared_at=cleared)
        for customer in customers[:3]
    )
    now = hour + timedelta(hours=2)
    curve = draw_reach(visible_exposures(viewer, now=now).filter(issue=issue), now=now)
    assert (curve.most, curve.began_at) == (3, came)
    assert curve.points == "0,48.0 0,0.0 0,0.0 240,0.0 240,0.0 240,48.0 240,48.0"


def test_the_words_to_hand_on_name_the_issue_and_no_customer(issue, as_viewer, address):
    texts = handovers_of(issue, next_update=None)

    assert {one.key for one in texts} == {"p", "t", "m"}
    for one in texts:
        assert issue.microsoft_id in one.text and issue.service_name in one.text
        assert not any(name in one.text for name in Customer.objects.values_list("name", flat=True))
        assert "%(" not in one.text
    assert as_viewer.get(address).content.decode().count("data-key=") == 3


def test_takes_as_many_statements_for_many_posts_as_for_few(issue, address, as_viewer, statements):
    few = statements(as_viewer, address)
    for hour in range(20):
        _post(issue, f"Current status: update {hour}", hours=hour)

    assert statements(as_viewer, address) == few
