"""Both ways on the pages: by the portal into Azure Support, and by hand in Microsoft's own portal."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from csp_portal.accounts.models import User
from csp_portal.microsoft.sandbox.world import World
from customers.models import Customer, PortalLink
from support.escalation.azure_lists import read_due_lists
from support.escalation.filing import file_due
from support.escalation.values import Filing
from support.models import AzureList, Escalation, Ticket
from tests.support.escalation.azure import AT_ONCE, draft_of, filing_at

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def draft(customers: list[Customer], support_agent: User) -> Escalation:
    return draft_of(customers[0], by=support_agent, now=NOW)


def address(row: Escalation, what: str = "") -> str:
    return f"/tickets/{row.ticket_id}/escalations/{row.pk}/{what}"


def page(client: Client, row: Escalation) -> str:
    answer = client.get(address(row))
    assert answer.status_code == 200
    return answer.content.decode()


def press(client: Client, row: Escalation, what: str, **said: object) -> str:
    return client.post(address(row, f"{what}/"), said, follow=True).content.decode()


def entered(filing: Filing, **other: str) -> dict[str, object]:
    return {name: value for name, value in filing.as_json().items() if value is not False} | other


def test_the_choices_are_read_from_azure_and_the_request_is_filed_and_numbered(
    as_agent: Client, draft: Escalation, sandbox_world: World, customers: list[Customer]
) -> None:
    assert "VM is gone" in page(as_agent, draft)
    complete = filing_at(sandbox_world, customers[0])
    chosen_later = dict.fromkeys(("subscription_id", "resource_id", "service_id", "problem_id"), "")
    assert "being read from Azure" in press(as_agent, draft, "form", **entered(complete, **chosen_later))
    waits = as_agent.get(address(draft, "state/?was=DRAFT-service_id-subscription_id")).content.decode()
    assert "being read from Azure" in waits
    assert read_due_lists(now=NOW) == 2
    assert "Show them" in as_agent.get(address(draft, "state/?was=DRAFT-service_id-subscription_id")).content.decode()
    assert f"{customers[0].name} production" in page(as_agent, draft)
    some = entered(complete, resource_id="", problem_id="")
    press(as_agent, draft, "form", **some)
    assert read_due_lists(now=NOW) == 2
    assert "web-01 (Microsoft.Compute/virtualMachines)" in page(as_agent, draft)
    refused = press(as_agent, draft, "form", do="file", **some)
    assert "Missing, or not as Microsoft takes it: Resource; Problem" in refused

    assert "goes on by itself" in press(as_agent, draft, "form", do="file", **entered(complete))
    press(as_agent, draft, "form", do="file", **entered(complete, title="A second click"))
    while file_due(now=NOW, tempo=AT_ONCE):
        pass
    (there,) = sandbox_world.azure.tickets
    assert there.number in page(as_agent, draft)
    assert as_agent.get(address(draft, "state/?was=PENDING")).headers["HX-Refresh"] == "true"
    assert there.number in as_agent.get(f"/tickets/{draft.ticket_id}/escalate/").content.decode()


def test_what_azure_would_not_list_is_said_and_asked_for_again(
    as_agent: Client, draft: Escalation, sandbox_world: World
) -> None:
    sandbox_world.tenants[0].consent_missing = True
    press(as_agent, draft, "form", title="VM")
    read_due_lists(now=NOW)
    assert "AADSTS65001" in page(as_agent, draft)
    sandbox_world.tenants[0].consent_missing = False
    press(as_agent, draft, "form", title="VM")
    assert read_due_lists(now=NOW) == 2
    assert not AzureList.objects.exclude(problem="").exists()


def test_what_azure_does_not_take_is_copied_into_microsofts_portal_and_its_number_recorded(
    as_agent: Client, draft: Escalation, customers: list[Customer]
) -> None:
    Escalation.objects.update(way="DEEP_LINK", product="MICROSOFT_365", where="M365_ADMIN")
    Ticket.objects.update(family="MICROSOFT_365")
    PortalLink.objects.update_or_create(
        cloud=customers[0].cloud,
        service="m365-ticket",
        defaults={"title": "New request", "url_template": "https://portal.example/?CTID={tid}", "kind": "TICKET"},
    )
    press(as_agent, draft, "form", title="Outlook", symptom="It asks <again>", impact="Nobody can work")
    shown = page(as_agent, draft)
    assert f"https://portal.example/?CTID={customers[0].tenant_id}" in shown
    assert 'data-copy="Outlook"' in shown
    assert "Business impact:\nNobody can work" in shown
    assert "B - Moderate" in shown
    assert "no number of Microsoft" in press(as_agent, draft, "number", microsoft_number="soon")
    assert "2611230000123456" in press(as_agent, draft, "number", microsoft_number="2611230000123456")
    assert Escalation.objects.get().state == "FILED"


def test_who_decides_finds_both_choices_and_the_marker(
    as_agent: Client, draft: Escalation, sandbox_world: World, customers: list[Customer]
) -> None:
    form = filing_at(sandbox_world, customers[0]).as_json()
    Escalation.objects.update(state="OPERATOR", marker="A" * 20, problem="It may be there.", form=form)
    shown = page(as_agent, draft)
    assert f"[ref: {'A' * 20}]" in shown
    assert "Record that it is filed" in shown
    assert "being filed again" in press(as_agent, draft, "again")
    assert "decided this already" in press(as_agent, draft, "again")
    assert Escalation.objects.get().state == "PENDING"


def test_who_only_reads_decides_nothing(as_viewer: Client, draft: Escalation) -> None:
    assert 'name="do"' not in page(as_viewer, draft)
    for what in ("form", "number", "again"):
        assert as_viewer.post(address(draft, f"{what}/")).status_code == 403
    elsewhere = address(draft).replace(str(draft.ticket_id), "999999", 1)
    assert as_viewer.get(elsewhere).status_code == 404
