"""When a feed is read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_portal.microsoft.errors import Cause
from customers.models import Feed
from health.pace import DENIALS, delay_after_failure, delay_after_reading, is_set_aside

Problem = Feed.Problem


@given(st.integers(min_value=1, max_value=10**12))
def test_a_reading_comes_round_within_a_tenth_of_the_interval(feed_id):
    assert 810 <= delay_after_reading(feed_id, has_incident=False) <= 990
    assert 270 <= delay_after_reading(feed_id, has_incident=True) <= 330


def test_a_feeds_jitter_is_its_own_and_neighbors_lie_apart():
    delays = [delay_after_reading(feed_id, has_incident=False) for feed_id in range(1, 1001)]
    assert delays == [delay_after_reading(feed_id, has_incident=False) for feed_id in range(1, 1001)]
    per_tenth = [sum(810 + 18 * n <= delay < 828 + 18 * n for delay in delays) for n in range(10)]
    assert min(per_tenth) > 80


def test_a_throttled_tenant_waits_as_long_as_microsoft_said():
    assert delay_after_failure(Problem.THROTTLED, failures=4, retry_after=731) == 731


@given(st.integers(min_value=1, max_value=30_000))
def test_an_unavailable_tenant_waits_between_half_a_minute_and_half_an_hour(failures):
    assert 30 <= delay_after_failure(Problem.UNAVAILABLE, failures=failures, retry_after=None) <= 1800


def test_back_off_grows_and_is_spread():
    first = [delay_after_failure(Problem.UNAVAILABLE, failures=1, retry_after=None) for _ in range(200)]
    sixth = [delay_after_failure(Problem.UNAVAILABLE, failures=6, retry_after=None) for _ in range(200)]
    assert max(first) <= 60
    assert max(sixth) > 900
    assert min(sixth) < 300


def test_every_cause_of_denied_access_is_tried_once_an_hour_and_shown_to_a_person():
    assert {Problem(cause.value) for cause in Cause} == DENIALS
    for problem in DENIALS:
        assert delay_after_failure(problem, failures=1, retry_after=None) == 3600
        assert is_set_aside(problem, failures=1)


@pytest.mark.parametrize("problem", [Problem.UNEXPECTED, Problem.EMPTY, Problem.UNAVAILABLE])
def test_five_failures_set_a_feed_aside(problem):
    assert not is_set_aside(problem, failures=4)
    assert is_set_aside(problem, failures=5)
