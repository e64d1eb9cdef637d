"""Keyset pages: every row once, in order, forth and back, whatever somebody writes into the address."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Upper

from csp_portal.keyset import page_of
from customers.models import Customer
from health.models import Issue

ORDER = ("is_resolved", "-changed_at", "id")
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def issues(db: None) -> None:
    """Twelve issues, of which always three changed at the same moment."""
    Issue.objects.bulk_create(
        Issue(
            cloud="global",
            microsoft_id=f"EX{number}",
            title="Delays",
            service_name="Exchange Online",
            classification="INCIDENT",
            status="DEGRADATION",
            state=0,
            is_resolved=number % 2 == 0,
            first_seen_at=START,
            changed_at=START + timedelta(minutes=number // 3),
        )
        for number in range(12)
    )


def test_walking_forth_and_back_shows_every_row_once_in_order(issues: None) -> None:
    everything = list(Issue.objects.order_by(*ORDER))
    pages, mark = [], ""
    while True:
        page = page_of(Issue.objects.all(), order=ORDER, mark=mark, size=5)
        pages.append(page.rows)
        if not page.has_next:
            break
        mark = page.next_page_number
    assert [row for rows in pages for row in rows] == everything
    assert [len(rows) for rows in pages] == [5, 5, 2]
    back = page_of(Issue.objects.all(), order=ORDER, mark=page.previous_page_number, size=5)
    assert back.rows == pages[1]
    first = page_of(Issue.objects.all(), order=ORDER, mark=back.previous_page_number, size=5)
    assert (first.rows, first.has_previous, first.has_next) == (pages[0], False, True)


def test_an_annotation_may_be_the_order(db: None) -> None:
    for number, name in enumerate(("beta", "Alpha", "gamma")):
        Customer.objects.create(tenant_id=f"00000000-0000-4000-8000-00000000000{number}", name=name, cloud="global")
    named = Customer.objects.annotate(name_key=Upper("name"))
    page = page_of(named, order=("name_key", "id"), size=2)
    assert [row.name for row in page.rows] == ["Alpha", "beta"]
    assert [row.name for row in page_of(named, order=("name_key", "id"), mark=page.next_page_number).rows] == ["gamma"]


@pytest.mark.parametrize(
    "values",
    [[False], [False, "x", "y", "z"], ["no", True, "2026-01-01", 3], [False, True, "soon", 3], [False, {}, [], 1], 7],
)
def test_a_mark_that_nobody_of_us_wrote_is_the_first_page(issues: None, values: object) -> None:
    mark = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
    assert page_of(Issue.objects.all(), order=ORDER, mark=mark).rows == list(Issue.objects.order_by(*ORDER))


@pytest.mark.parametrize(
    "text",
    ["[" * 1400, '[false,true,"0001-01-01T00:00:00+23:59",3]', '[false,true,"9999-12-31T23:59:59-23:59",3]'],
    ids=["nested without end", "before the calendar", "after the calendar"],
)
def test_a_mark_made_to_break_the_reader_is_the_first_page(issues: None, text: str) -> None:
    mark = base64.urlsafe_b64encode(text.encode()).decode()
    assert len(page_of(Issue.objects.all(), order=ORDER, mark=mark).rows) == 12


def test_a_mark_that_is_no_base64_is_the_first_page(issues: None) -> None:
    for mark in ("%%%", "ÄÖ", "a" * 5000, "AAAA"):
        assert len(page_of(Issue.objects.all(), order=ORDER, mark=mark).rows) == 12
