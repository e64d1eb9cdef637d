"""`manage.py poll_health`: one round now, in this process, and what became of it."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.health.conftest import health_feed, let_pass


def run(*args: str) -> str:
    output = StringIO()
    call_command("poll_health", *args, stdout=output)
    return output.getvalue()


def test_it_says_what_was_read_changed_and_asked(customers, sandbox, sandbox_world):
    sandbox_world.tenant(0).fail(403)
    first = json.loads(run("--json"))
    assert first["changed"] == len(customers) - 1
    assert first["failed"] == {"FORBIDDEN": 1}
    assert (first["requests"], first["tokens"]) == (len(customers), len(customers))
    assert first["statements"] > 0 and first["seconds"] > 0
    assert json.loads(run("--json"))["read"] == 0  # nothing is due yet
    again = json.loads(run("--all", "--json"))
    assert (again["unchanged"], again["changed"]) == (len(customers) - 1, 0)
    assert again["statements"] <= 12


def test_the_reasons_of_failures_are_sentences(customers, sandbox, sandbox_world):
    sandbox_world.tenant(0).consent_missing = True
    assert "1  failed: Nobody has consented to our application in this tenant" in run()


def test_one_customer_is_read_by_tenant_id_or_domain_due_or_not(customers, sandbox):
    run()
    for name in (customers[3].tenant_id, customers[3].domain.upper()):
        sandbox.forget_requests()
        assert json.loads(run("--customer", str(name), "--json"))["read"] == 1
        asked = sandbox.requests_to("healthOverviews")
        assert [one.tenant_id for one in asked] == [str(customers[3].tenant_id)]


def test_an_unknown_customer_is_an_error_that_says_what_to_give(customers):
    for name in ("nobody.example", "3f1c1c1e-0000-4000-8000-000000000000", "a-b-c-d-e"):
        with pytest.raises(CommandError, match="Give a tenant id or a domain"):
            run("--customer", name)


def test_even_a_manual_round_respects_retry_after(customers, sandbox, sandbox_world):
    sandbox_world.tenant(0).throttled_for = 60
    run()
    assert json.loads(run("--all", "--json"))["requests"] == len(customers) - 1
    let_pass(timedelta(seconds=61))
    sandbox_world.tenant(0).heal()
    assert json.loads(run("--customer", str(customers[0].tenant_id), "--json"))["changed"] == 1
    assert health_feed(customers[0]).problem == ""
