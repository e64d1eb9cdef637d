"""Programs fill in, file and follow an escalation by the same rules as people."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from csp_portal.accounts.models import User
from csp_portal.microsoft.sandbox.world import World
from customers.models import Customer
from support.escalation.filing import file_due
from support.escalation.following.acting import act_due
from support.escalation.following.reading import read_due_requests
from support.models import Escalation, EscalationAct, EscalationWatch
from tests.support.escalation.azure import AT_ONCE, draft_of, filing_at

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def contoso(customers: list[Customer]) -> Customer:
    return customers[0]


@pytest.fixture
def draft(contoso: Customer, support_agent: User) -> Escalation:
    return draft_of(contoso, by=support_agent, now=NOW)


def ask(client: Client, method: str, row: Escalation, what: str = "", said: Any = None) -> tuple[int, Any]:
    address = f"/api/v1/tickets/{row.ticket_id}/escalations/{row.pk}/{what}"
    answer = client.generic(method, address, json.dumps(said or {}), content_type="application/json")
    return answer.status_code, answer.json()


def test_a_program_files_with_azure_reads_the_answer_and_writes_back(
    as_agent: Client, contoso: Customer, draft: Escalation, sandbox_world: World
) -> None:
    code, told = ask(as_agent, "GET", draft)
    assert (code, told["escalation"]["state"], "subscription_id" in told["missing"]) == (200, "DRAFT", True)
    code, told = ask(as_agent, "POST", draft, "file/")
    assert (code, told["code"]) == (409, "incomplete")
    form = filing_at(sandbox_world, contoso).as_json()
    refused = ask(as_agent, "PUT", draft, "form/", {**form, "address": f"it@{contoso.domain}"})
    assert (refused[0], refused[1]["code"]) == (409, "customers_contact")
    code, told = ask(as_agent, "PUT", draft, "form/", {**form, "began_at": "since this morning"})
    assert (code, told["missing"]) == (200, ["began_at"])
    code, told = ask(as_agent, "PUT", draft, "form/", form)
    assert (code, told["missing"], told["form"]["symptom"]) == (200, [], form["symptom"])
    code, told = ask(as_agent, "POST", draft, "file/")
    assert (code, told["escalation"]["state"]) == (202, "PENDING")
    while file_due(now=NOW, tempo=AT_ONCE):
        pass
    (there,) = sandbox_world.azure.tickets
    sandbox_world.azure.answer(there, body="Which region?", sender="Ada of Azure")
    EscalationWatch.objects.update(due_at=NOW)
    read_due_requests(now=NOW)
    told = ask(as_agent, "GET", draft)[1]
    assert told["escalation"]["microsoft_number"] == there.number
    assert [one["text"] for one in told["at_microsoft"]["messages"]] == ["Which region?"]
    assert ask(as_agent, "POST", draft, "messages/", {"text": "West Europe."})[0] == 202
    EscalationAct.objects.update(due_at=NOW)
    act_due(now=NOW, tempo=AT_ONCE)
    assert [one.body for one in there.communications if one.is_inbound] == ["West Europe."]


def test_a_number_is_looked_at_and_an_answer_noted_of_one_filed_by_hand(as_agent: Client, draft: Escalation) -> None:
    Escalation.objects.filter(pk=draft.pk).update(way="DEEP_LINK")
    assert ask(as_agent, "POST", draft, "number/", {"microsoft_number": "twelve"})[1]["code"] == "wrong_number"
    code, told = ask(as_agent, "POST", draft, "number/", {"microsoft_number": "2611230000123456"})
    assert (code, told["escalation"]["state"], told["missing"]) == (200, "FILED", [])
    code, told = ask(as_agent, "POST", draft, "messages/", {"text": "They look into it."})
    assert (code, told["at_microsoft"]["messages"][0]["text"]) == (202, "They look into it.")


def test_who_may_only_look_changes_nothing_and_a_foreign_one_is_not_there(
    as_viewer: Client, as_agent: Client, draft: Escalation
) -> None:
    assert ask(as_viewer, "GET", draft)[0] == 200
    for method, what in (("PUT", "form/"), ("POST", "file/"), ("POST", "messages/")):
        assert ask(as_viewer, method, draft, what, {"text": "x"})[0] == 403
    draft.pk += 1
    assert ask(as_agent, "GET", draft)[0] == 404
