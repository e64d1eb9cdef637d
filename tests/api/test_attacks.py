"""Requests made to break the API are refused with a sentence."""

import base64

import pytest
from django.test import Client


@pytest.mark.parametrize("name", ["customers", "issues", "exposures", "service-states"])
@pytest.mark.parametrize("cursor", ["p=", "p=abc", "p=%00", "p=" + "9" * 40, "r=1&p=abc", "o=abc"])
def test_a_forged_cursor_is_answered_with_400(as_viewer: Client, name: str, cursor: str) -> None:
    forged = base64.b64encode(cursor.encode()).decode()

    answer = as_viewer.get(f"/api/v1/{name}/", {"cursor": forged})

    assert (answer.status_code, list(answer.json())) == (400, ["cursor"])


@pytest.mark.parametrize("cursor", ["a", "é"])
def test_a_cursor_that_is_no_base64_is_answered_with_400(as_viewer: Client, cursor: str) -> None:
    assert as_viewer.get("/api/v1/customers/", {"cursor": cursor}).status_code == 400


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00+23:59"]
)
def test_a_moment_beyond_the_calendar_is_answered_with_400(as_viewer: Client, moment: str) -> None:
    answer = as_viewer.get("/api/v1/issues/", {"started_after": moment})

    assert (answer.status_code, list(answer.json())) == (400, ["started_after"])
