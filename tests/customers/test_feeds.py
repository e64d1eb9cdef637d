"""Feeds that are moved while others hold some of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from csp_portal.microsoft.errors import AccessDenied, Cause, Throttled, Unavailable, UnexpectedAnswer
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
        return pool.submit(run).result(timeout=120)


def test_feeds_that_a_writer_holds_are_left_to_it_and_waited_for_by_nobody(set_aside):
    held = set_aside[0]
    with transaction.atomic():
        Feed.objects.select_for_update().get(pk=held.pk)
        _elsewhere(lambda: try_again(Connection.objects.get()))
    assert list(Feed.objects.filter(due_at__gt=Now()).values_list("pk", flat=True)) == [held.pk]


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_of_denied_access_is_a_problem_with_a_sentence(cause):
    problem = Feed.Problem.of(AccessDenied("no", cause=cause))
    assert problem.value == cause.value and problem.label


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (Throttled("wait", retry_after=3), Feed.Problem.THROTTLED),
        (Unavailable("down"), Feed.Problem.UNAVAILABLE),
        (UnexpectedAnswer("odd"), Feed.Problem.UNEXPECTED),
    ],
)
def test_every_other_error_is_a_problem_of_its_own(error, problem):
    assert Feed.Problem.of(error) is problem


def test_a_moved_feed_keeps_everything_else(set_aside):
    assert Feed.objects.filter(pk=set_aside[0].pk).move_due(Now(), because=Feed.Because.ASKED) == 1
    moved = Feed.objects.get(pk=set_aside[0].pk)
    assert (moved.epoch, moved.paused_because) == (set_aside[0].epoch, "SECRET_WRONG")
    assert Feed.objects.filter(due_at=LATER).count() == len(set_aside) - 1
