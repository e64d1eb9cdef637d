"""The page and the interface for programs refuse alike, and say what to do next."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.audit.models import Entry as AuditEntry
from support.escalation.baseline import checklists_of
from support.escalation.checks import finish_waiting
from support.models import BaselineTick, Escalation, HealthCheck, Ticket
from tests.support.escalation.conftest import Desk
from tests.support.test_known import make_issue

pytestmark = pytest.mark.django_db
REASON = "Only shared mailboxes are hit, the issue says otherwise"


def page(client: Client, desk: Desk, more: str = "") -> str:
    answer = client.get(f"/tickets/{desk.ticket.pk}/escalate/{more}")
    assert answer.status_code == 200
    return answer.content.decode()


def press(client: Client, desk: Desk, what: str, **said: object) -> str:
    address = f"/tickets/{desk.ticket.pk}/escalate/{what}/"
    return client.post(address, said, follow=True).content.decode()


def api(client: Client, desk: Desk, what: str, **said: object) -> Any:
    return client.post(f"/api/v1/tickets/{desk.ticket.pk}/{what}/", said, "application/json")


def test_page_and_programs_are_refused_alike_until_the_health_is_checked(as_agent: Client, desk: Desk) -> None:
    desk.read(timezone.now() - timedelta(hours=1))
    assert "was not checked yet" in page(as_agent, desk)
    assert "was not checked yet" in press(as_agent, desk, "begin")
    refused = api(as_agent, desk, "escalations")
    assert (refused.status_code, refused.json()["code"]) == (409, "health_not_checked")

    assert "is being read" in press(as_agent, desk, "check")
    assert api(as_agent, desk, "escalations").json()["code"] == "health_being_checked"
    assert "HX-Refresh" not in as_agent.get(f"/tickets/{desk.ticket.pk}/escalate/gate/").headers
    now = timezone.now() + timedelta(seconds=1)
    desk.read(now)
    finish_waiting(now=now)
    assert as_agent.get(f"/tickets/{desk.ticket.pk}/escalate/gate/").headers["HX-Refresh"] == "true"
    assert "reports no issue" in page(as_agent, desk)

    HealthCheck.objects.update(read_at=now - timedelta(minutes=16))
    assert "older than 15 minutes" in press(as_agent, desk, "begin")
    assert api(as_agent, desk, "escalations").json()["code"] == "health_check_too_old"
    assert not Escalation.objects.exists()


def test_an_active_issue_offers_to_link_instead_and_a_reason_passes_it(as_agent: Client, desk: Desk) -> None:
    now = timezone.now()
    desk.read(now)
    issue = make_issue("EX1", title="Mail is late", hits=desk.contoso, now=now)
    assert "Link instead of escalating" in press(as_agent, desk, "check")
    assert api(as_agent, desk, "escalations").json()["code"] == "active_issue"
    desk.tick_all(now)
    assert "is begun" in press(as_agent, desk, "begin", reason=REASON)
    assert AuditEntry.objects.get(action="escalation.gate_passed").after["reason"] == REASON
    assert Escalation.objects.get().override_reason == REASON

    as_agent.post(f"/tickets/{desk.ticket.pk}/link/", {"issue": issue.pk})
    assert Ticket.objects.get(pk=desk.ticket.pk).issue == issue


def test_an_item_is_ticked_on_the_page_with_evidence_and_taken_back(as_agent: Client, desk: Desk) -> None:
    items = api_steps(as_agent, desk)["checklists"][0]["items"]
    first = items[0]["key"]
    from_list = f"checklists/{checklists_of(desk.ticket)[0].baseline.pk}"
    assert "Write what shows it" in press(as_agent, desk, from_list, key=first, outcome="DONE")
    assert "Three users" in press(as_agent, desk, from_list, key=first, outcome="DONE", evidence="Three users")
    assert api_steps(as_agent, desk)["checklists"][0]["items"][0]["is_open"] is False
    press(as_agent, desk, from_list, key=first, outcome="untick")
    assert not BaselineTick.objects.exists()
    address = f"/tickets/{desk.ticket.pk}/escalate/{from_list}/"
    assert as_agent.post(address, {"key": "nothing", "outcome": "DONE"}).status_code == 400


def test_the_entitlement_says_why_rule_by_rule_with_source_and_date(as_agent: Client, desk: Desk) -> None:
    shown = page(as_agent, desk)
    assert "Premier Support for Partners" in shown
    assert "Provide technical support, 2020-06-05" in shown
    assert "Disputed" in shown
    assert "Nobody knows whether our roles at this customer are enough" in shown

    told = api_steps(as_agent, desk)["entitlement"]
    assert (told["who"], told["where"], told["plan"]) == ("US", "M365_ADMIN", "PREMIER")
    assert [rule["question"] for rule in told["rules"]] == ["who", "where", "plan", "cost", "target"]
    assert "marketplace" in page(as_agent, desk, "?purchase=MARKETPLACE")


def test_a_program_begins_once_for_one_key_and_may_try_again_after_a_refusal(as_agent: Client, desk: Desk) -> None:
    def begin() -> Any:
        address = f"/api/v1/tickets/{desk.ticket.pk}/escalations/"
        return as_agent.post(address, {}, "application/json", headers={"Idempotency-Key": "one"})

    assert begin().json()["code"] == "health_not_checked"
    now = timezone.now()
    desk.read(now)
    assert api(as_agent, desk, "health-checks").status_code == 202
    desk.tick_all(now)
    made = begin()
    assert (made.status_code, made.json()["state"], made.json()["escalation_no"]) == (201, "DRAFT", 1)
    assert begin().json() == made.json()
    assert Escalation.objects.count() == 1


def test_who_only_reads_sees_the_steps_and_takes_none(as_viewer: Client, desk: Desk) -> None:
    assert "Begin the escalation" not in page(as_viewer, desk)
    assert as_viewer.post(f"/tickets/{desk.ticket.pk}/escalate/begin/").status_code == 403


def api_steps(client: Client, desk: Desk) -> Any:
    return client.get(f"/api/v1/tickets/{desk.ticket.pk}/escalation/").json()
