"""Spans of a service's state and what they add up to; checked against a count minute by minute."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from customers.models import State
from health.timeline import cut, spans_between, sum_of

START = datetime(2026, 11, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LENGTH = 600


def at(minute):
    return START + minute * MINUTE


def test_before_the_first_change_nothing_is_known():
    spans = spans_between([(at(100), State.HEALTHY)], gaps=[], start=START, end=at(LENGTH))

    assert [(span.state, span.length / MINUTE) for span in spans] == [(State.UNKNOWN, 100), (State.HEALTHY, 500)]
    assert sum_of(spans).availability == 100


def test_the_state_from_before_the_window_counts_in_it():
    spans = spans_between([(at(-50), State.INCIDENT), (at(60), State.HEALTHY)], gaps=[], start=START, end=at(120))

    assert sum_of(spans).incident_minutes == 60
    assert sum_of(spans).availability == 50


def test_a_gap_is_unknown_and_not_up_nor_down():
    changes = [(at(0), State.HEALTHY), (at(100), State.INCIDENT)]

    total = sum_of(spans_between(changes, gaps=[(at(50), at(150))], start=START, end=at(200)))

    assert (total.healthy, total.incident, total.unknown) == (50 * MINUTE, 50 * MINUTE, 100 * MINUTE)
    assert total.availability == 50
    assert total.unknown_percent == 50


def test_a_second_of_incident_is_never_rounded_to_a_hundred_percent():
    changes = [(at(0), State.HEALTHY), (at(100), State.INCIDENT), (at(100) + timedelta(seconds=1), State.HEALTHY)]

    assert sum_of(spans_between(changes, gaps=[], start=START, end=at(90 * 1440))).availability == 99.99


def test_where_nothing_is_known_there_is_no_availability():
    assert sum_of(spans_between([], gaps=[], start=START, end=at(10))).availability is None


MOMENTS = st.integers(-100, LENGTH + 100)


@given(
    changes=st.lists(st.tuples(MOMENTS, st.sampled_from(State)), max_size=12).map(
        lambda rows: sorted(rows, key=lambda r: r[0])
    ),
    gaps=st.lists(st.tuples(MOMENTS, MOMENTS).map(sorted), max_size=4),
)
def test_every_minute_is_in_one_span_and_has_the_state_that_was_known_in_it(changes, gaps):
    spans = spans_between(
        [(at(minute), state) for minute, state in changes],
        gaps=[(at(began), at(ended)) for began, ended in gaps],
        start=START,
        end=at(LENGTH),
    )

    expected = []
    for minute in range(LENGTH):
        state = next((state for moment, state in reversed(changes) if moment <= minute), State.UNKNOWN)
        expected.append(State.UNKNOWN if any(began <= minute < ended for began, ended in gaps) else state)
    drawn = [span.state for span in spans for _ in range(int(span.length / MINUTE))]
    assert drawn == expected
    assert all(one.ended == two.began and one.state != two.state for one, two in itertools.pairwise(spans))
    assert sum(int(part.length / MINUTE) for part in cut(spans, start=at(10), end=at(20))) == 10
