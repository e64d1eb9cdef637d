"""What is lost within two years, week by week, and by when to ask for it anew."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from customers.gdap.chart import HEIGHT, draw_losses
from customers.gdap.forecast import WEEKS, acceptance_of, first_week, reckon_forecast
from customers.models import GLOBAL_ADMINISTRATOR, CustomerGroup, Relationship
from tests.gdap.making import SUPPORT, make_relationship

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a Monday
AUGUST = datetime(2027, 8, 4, tzinfo=UTC)  # in week 31
Status = Relationship.Status


@pytest.fixture(autouse=True)
def in_utc():
    with timezone.override("UTC"):
        yield


def accepted(customer, days, **facts):
    created_at = NOW - timedelta(days=400)
    return make_relationship(
        customer, created_at=created_at, activated_at=created_at + timedelta(days=days), ends_at=AUGUST, **facts
    )


def told(now=NOW):
    forecast = reckon_forecast(Relationship.objects.all(), now=now)
    return {
        (week.begins_on, week.ends, week.barred, week.extends, week.lapses)
        for week in forecast.weeks
        if not week.is_empty
    }


def test_each_week_tells_what_ends_what_is_barred_what_extends_and_what_lapses(customers):
    make_relationship(customers[0], ends_at=AUGUST)
    make_relationship(customers[0], ends_at=AUGUST, name="Another of the same customer", role_ids=[])
    make_relationship(customers[1], ends_at=AUGUST + timedelta(days=4))
    make_relationship(customers[2], ends_at=AUGUST, role_ids=[SUPPORT, GLOBAL_ADMINISTRATOR])
    make_relationship(customers[3], ends_at=AUGUST, auto_extend_duration="P180D")
    make_relationship(customers[4], status=Status.APPROVAL_PENDING, locked_at=NOW - timedelta(days=80))
    make_relationship(customers[5], ends_at=AUGUST, status=Status.TERMINATED)

    assert told() == {(date(2027, 8, 2), 2, 1, 1, 0), (date(2026, 11, 30), 0, 0, 0, 1)}


def test_what_a_later_relationship_covers_is_not_lost(customers):
    make_relationship(customers[0], ends_at=AUGUST)
    make_relationship(customers[0], ends_at=AUGUST + timedelta(days=7))

    assert told() == {(date(2027, 8, 9), 1, 0, 0, 0)}


def test_the_forecast_begins_today_and_reaches_two_years(customers):
    start = first_week(NOW)
    make_relationship(customers[0], ends_at=NOW - timedelta(minutes=1))
    make_relationship(customers[1], ends_at=NOW + timedelta(minutes=1))
    make_relationship(customers[2], ends_at=start + timedelta(weeks=WEEKS) - timedelta(minutes=1))
    make_relationship(customers[3], ends_at=start + timedelta(weeks=WEEKS))

    assert [begins_on for begins_on, *_counts in sorted(told())] == [date(2026, 11, 23), date(2028, 11, 20)]


def test_many_in_one_week_are_a_cluster_with_a_day_to_start_by(customers):
    for customer, days in zip(customers[:6], (2, 4, 10, 12, 30, 50), strict=False):
        accepted(customer, days)
    make_relationship(customers[7], ends_at=AUGUST + timedelta(days=100))
    forecast = reckon_forecast(Relationship.objects.all(), now=NOW)

    (cluster,) = forecast.clusters
    assert (cluster.number, cluster.lost) == (31, 6)
    assert (forecast.acceptance.answers, forecast.acceptance.days) == (6, 11)
    assert cluster.start_by == date(2027, 8, 2) - timedelta(days=11)


def test_four_answers_are_too_few_for_a_median(customers):
    for customer in customers[:4]:
        accepted(customer, 3)
    assert acceptance_of(Relationship.objects.all()).days is None
    assert {week.start_by for week in reckon_forecast(Relationship.objects.all(), now=NOW).weeks} == {None}

    accepted(customers[4], 3)
    assert acceptance_of(Relationship.objects.all()).days == 3


def test_the_chart_is_to_scale_and_says_in_words_what_it_shows(customers):
    for customer in customers[:4]:
        make_relationship(customer, ends_at=AUGUST)
    make_relationship(customers[4], ends_at=AUGUST, role_ids=[GLOBAL_ADMINISTRATOR])
    make_relationship(customers[5], ends_at=AUGUST + timedelta(days=7))
    forecast = reckon_forecast(Relationship.objects.all(), now=NOW)
    chart = draw_losses(forecast.weeks, address_of=lambda week: f"?{week.begins_on}")

    first, second = chart.bars
    assert [part.height for part in first.parts] == [96, 24]
    assert first.parts[-1].y == 0
    assert (second.parts[0].height, second.parts[0].y) == (24, HEIGHT - 24)
    assert first.words.startswith("Week 31, ")
    assert "5 customers lose access, 1 of them barred by Global Administrator" in first.words
    assert second.address == "?2027-08-09"


def test_the_page_names_clusters_and_leads_to_the_relationships_of_a_week(
    as_agent, customers, django_assert_max_num_queries
):
    ends_at = timezone.now() + timedelta(days=200)
    for customer in customers[:5]:
        make_relationship(customer, ends_at=ends_at)
    begins_on = timezone.localtime(ends_at).date()
    begins_on -= timedelta(days=begins_on.weekday())
    with django_assert_max_num_queries(12):
        page = as_agent.get("/delegated-access/expiry/").content.decode()

    assert f"5 customers in week {begins_on.isocalendar().week}" in page
    address = f"/delegated-access/?ends_after={begins_on}&amp;ends_before={begins_on + timedelta(days=7)}"
    assert address in page
    assert as_agent.get(address.replace("&amp;", "&")).status_code == 200
    assert "so far 0 did" in page


def test_who_sees_a_part_of_the_customers_is_told_of_their_access_only(as_viewer, viewer, customers):
    group = CustomerGroup.objects.create(name="Theirs")
    group.added.add(customers[0])
    viewer.sees = "ONLY"
    viewer.save()
    viewer.scope_groups.add(group)
    for customer in customers[:5]:
        make_relationship(customer, ends_at=timezone.now() + timedelta(days=200))
    page = as_viewer.get("/delegated-access/expiry/").content.decode()

    assert "1 customer loses access" in page
    assert "5 customers" not in page


def test_the_file_names_each_relationship_and_invitation(as_agent, customers):
    now = timezone.now()
    make_relationship(customers[0], ends_at=now + timedelta(days=20), role_ids=[GLOBAL_ADMINISTRATOR], name="Old")
    make_relationship(customers[1], status=Status.APPROVAL_PENDING, locked_at=now, name="=1+1")
    lines = b"".join(as_agent.get("/delegated-access/expiry/export.csv")).decode().splitlines()

    assert [line.count("Access") for line in lines[1:]] == [1, 0]
    assert '"no","yes"' in lines[1]
    assert '"\'=1+1","Invitation"' in lines[2]


def test_programs_get_every_week(as_agent, customers):
    ends_at = timezone.now() + timedelta(days=200)
    make_relationship(customers[0], ends_at=ends_at)
    weeks = as_agent.get("/api/v1/access-forecast/").json()

    assert len(weeks) == WEEKS
    assert sum(week["ends"] for week in weeks) == 1
    assert {week["start_by"] for week in weeks} == {None}
