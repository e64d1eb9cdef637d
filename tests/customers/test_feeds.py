"""Feeds that are moved while others hold some of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from customers.models import Connection, Customer, Feed
from customers.settings_views import try_again

LATER = timezone.now() + timedelta(hours=1)


@pytest.fixture
def set_aside(transactional_db, customers: list[Customer]) -> list[Feed]:
    Feed.objects.update(due_at=LATER, paused_because=Feed.Problem.SECRET_WRONG)
    return list(Feed.objects.order_by("pk"))


def _elsewhere(work):
    """What `work` returns on a database connection of its own."""

    def run():
        try:
            return work()
        finally:
            database.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=20)


def test_feeds_that_a_writer_holds_are_left_to_it_and_waited_for_by_nobody(set_aside):
    held = set_aside[0]
    with transaction.atomic():
        Feed.objects.select_for_update().get(pk=held.pk)
        _elsewhere(lambda: try_again(Connection.objects.get()))
    assert list(Feed.objects.filter(due_at__gt=Now()).values_list("pk", flat=True)) == [held.pk]


def test_a_moved_feed_keeps_everything_else(set_aside):
    assert Feed.objects.filter(pk=set_aside[0].pk).move_due(Now()) == 1
    moved = Feed.objects.get(pk=set_aside[0].pk)
    assert (moved.epoch, moved.paused_because) == (set_aside[0].epoch, "SECRET_WRONG")
    assert Feed.objects.filter(due_at=LATER).count() == len(set_aside) - 1
