"""Every operation that the schema describes, new ones included, answers whatever it is asked and as described."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from csp_portal.accounts.models import ApiToken, User
from customers.models import Customer

pytestmark = pytest.mark.slow
tried_often = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
SLASHED = "{microsoft_id}"  # cloud/id in one: schemathesis puts no slash into a path; the test below does
CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]


@pytest.fixture
def one_connection() -> Iterator[None]:
    """As Django's own test client does: the application must not close the connection that the test lives in."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def api(owner: User, customers: list[Customer], settings: Any, one_connection: None) -> Any:
    """The schema as an owner's token reads it; the token is sent with every request."""
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    return schemathesis.openapi.from_wsgi(
        "/api/v1/schema/?format=json", get_wsgi_application(), headers=token_of(owner)
    )


def token_of(owner: User) -> dict[str, str]:
    token = ApiToken.objects.create(user=owner, name="Test", scopes=["READ", "WRITE"])[1]
    return {"Authorization": f"Token {token}"}


def test_the_api_keeps_to_its_schema_whatever_it_is_asked(api: Any, owner: User) -> None:
    headers, asked = token_of(owner), Counter[str]()
    operations = [found.ok() for found in api.get_all_operations()]
    for operation in operations:
        if SLASHED in operation.path:
            continue

        @given(case=operation.as_strategy())
        @tried_often
        def ask(case: Case[Any]) -> None:
            answer = case.call_and_validate(headers=headers, checks=CHECKS)
            asked[f"{case.operation.label} {answer.status_code // 100}xx"] += 1

        ask()

    assert len({label.rpartition(" ")[0] for label in asked}) == sum(SLASHED not in one.path for one in operations)
    assert {"5xx"}.isdisjoint(label.rpartition(" ")[2] for label in asked)
    assert sum(count for label, count in asked.items() if label.endswith("2xx")) > 100, asked


@tried_often
@given(cloud=st.text(), issue=st.text())
def test_an_issue_that_nobody_has_heard_of_is_not_there(as_viewer: Client, cloud: str, issue: str) -> None:
    address = f"/api/v1/issues/{quote(cloud, safe='')}/{quote(issue, safe='')}/"

    assert as_viewer.get(address).status_code in {301, 400, 404, 414}
