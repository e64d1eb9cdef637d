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


@pytest.mark.parametrize(
    ("value", "problem"),
    [("1e999", "tenant_id"), ('"\\ud800"', "detail"), ('"' + "x" * 1000 + '"', "tenant_id")],  # the parser's, or ours
)
def test_what_json_can_say_and_no_text_can_is_answered_with_400_under_a_key_too(
    as_agent: Client, value: str, problem: str
) -> None:
    body = f'{{"tenant_id": {value}, "cloud": "global", "name": "Contoso"}}'

    for headers in ({}, {"Idempotency-Key": "once"}):
        answer = as_agent.post("/api/v1/customers/", body, content_type="application/json", headers=headers)
        assert (answer.status_code, list(answer.json())) == (400, [problem])


@pytest.mark.parametrize(
    "query", ["version=%00", "version=%0d%0aSet-Cookie:a=b", 'version=x"; filename="y.html', "lang=%00"]
)
def test_what_is_asked_of_the_description_gets_into_no_header(as_viewer: Client, query: str) -> None:
    answer = as_viewer.get(f"/api/v1/schema/?{query}")

    assert answer.status_code == 200
    assert answer["Content-Disposition"] == 'inline; filename="CSP portal.yaml"'
