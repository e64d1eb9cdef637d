"""Workers that write at the same moment wait for each other, and never in a circle."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from customers.models import Customer, Feed
from health.models import Exposure, Issue, Post, ServiceState
from health.upsert import store_readings
from tests.health.answers import NOW, changed, issue, post, service


@pytest.mark.django_db(transaction=True)
def test_batches_with_the_same_issues_in_any_order_are_all_stored_and_counted_right(make_feeds):
    feeds = make_feeds(80)
    issues = [issue(f"EX{n}", posts=[post(f"post {n}")]) for n in range(12)]

    def store(start: int) -> int:
        mine = issues if start % 20 else issues[::-1]
        told = [service(f"S{n}", f"Service {n}", *mine[n::3]) for n in range(3)]
        try:
            return store_readings([changed(feed, *told) for feed in feeds[start : start + 10]], now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(store, range(0, 80, 10))) == 80
    assert set(Issue.objects.values_list("exposed_customers", flat=True)) == {80}
    assert (Issue.objects.count(), Post.objects.count(), Exposure.objects.count()) == (12, 12, 12 * 80)
    assert ServiceState.objects.count() == 3 * 80
    assert Customer.objects.filter(open_advisories=12).count() == Feed.objects.filter(read_at=NOW).count() == 80
