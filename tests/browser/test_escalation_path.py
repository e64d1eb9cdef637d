"""The way to Microsoft: gate, checklist, entitlement, form, filed, answered, closed; and by hand where it must."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Portal

pytestmark = pytest.mark.browser
PREPARE = """
import json
from customers.models import Connection, Customer
from health.models import Exposure, ServiceState
from support.models import PartnerStanding, SupportPlan
for one in Connection.objects.all():
    PartnerStanding.objects.update_or_create(connection=one, defaults={"partner_type": "DIRECT"})
SupportPlan.objects.get_or_create(kind="PREMIER", valid_from="2026-01-01")
well = ServiceState.objects.filter(state=3, service__name="Microsoft Forms", customer__connection__isnull=False)
hit = Exposure.objects.filter(cleared_at=None, issue__is_resolved=False, issue__service_name__contains="Entra")
found = well.exclude(customer__in=hit.values("customer")).order_by("customer__name").first()
print(json.dumps({"customer": found.customer.domain, "service": found.service.name}))
"""


@pytest.fixture
def partner(portal: Portal) -> dict[str, str]:
    """We are a direct partner with Premier; a customer of ours, and a service that is well there."""
    told: dict[str, str] = json.loads(portal.manage("shell", "-v", "0", "-c", PREPARE))
    return told


def open_ticket(page: Page, *, customer: str, subject: str, family: str, service: str = "") -> None:
    page.goto("/tickets/new/")
    page.get_by_label("Customer", exact=True).fill(customer)
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("What they said").fill("Nobody here can work.")
    page.get_by_label("Product family").select_option(label=family)
    if service:
        known = page.locator("select[name=service] option", has_text=service).first
        page.locator("select[name=service]").select_option(value=known.get_attribute("value"))
    page.get_by_label("Severity").select_option(value="B")
    page.get_by_label("Business impact").fill("Forty people wait since nine.")
    page.locator("main form button[type=submit]").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(subject)


def pass_the_gate(page: Page) -> None:
    """Check health on the spot, tick what is ours to do first, and begin."""
    page.get_by_role("link", name="Escalate").click()
    page.get_by_role("button", name="Begin the escalation").click()
    expect(page.locator("#_escalate_gate")).to_contain_text("was not checked yet")
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("#_escalate_gate")).to_contain_text("Microsoft reports no issue that explains it.")
    items = page.locator("form[action*='/checklists/']")
    for number in range(items.count()):
        item = items.nth(number)
        item.locator("input[name=evidence]").fill("Looked at it at ten.")
        item.locator("button[value=DONE]").click()
        expect(page.locator("form[action*='/checklists/']").nth(number)).to_contain_text("Looked at it at ten.")
    expect(page.locator("section", has=page.locator("#escalate-entitlement"))).to_contain_text("Premier")
    page.get_by_role("button", name="Begin the escalation").click()
    expect(page.get_by_role("heading", name="4. Escalation")).to_be_visible()
    page.get_by_role("link", name="Escalation 1").click()
    expect(page.get_by_role("heading", name="What Microsoft is told")).to_be_visible()


def describe(page: Page) -> None:
    page.get_by_label("What happens, with the exact error text").fill("RDP says 0x204.")
    page.get_by_label("Since when (UTC)").fill("2026-11-23 09:00")
    page.get_by_label("How to reproduce it").fill("Connect by RDP.")


def choose(page: Page, label: str, words: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.select_option(value=field.locator("option", has_text=words).first.get_attribute("value"))


def save(page: Page, *, then: str) -> None:
    """Keep the form; a worker reads from Azure what `then` can be, while the page says that it waits."""
    page.get_by_role("button", name="Save", exact=True).click()
    for _second in range(60):
        page.reload()
        if page.get_by_label(then, exact=True).locator("option").count() > 1:
            return
        page.wait_for_timeout(1000)
    pytest.fail(f"Nothing is offered for {then}.")


def test_a_request_to_azure_is_filed_answered_and_closed(
    sign_in: Callable[..., Page], portal: Portal, partner: dict[str, str]
) -> None:
    page = sign_in("Support agent")
    open_ticket(page, customer=partner["customer"], subject="The VM web-01 is gone", family="Azure")
    ticket = page.url
    pass_the_gate(page)
    describe(page)
    page.get_by_label("Country of our contact").fill("TWN")
    page.get_by_label("First name of our contact").fill("Kim")
    save(page, then="Service")
    choose(page, "Subscription", "production")
    choose(page, "Service", "Virtual Machine")
    save(page, then="Problem")
    choose(page, "Resource", "web-01")
    choose(page, "Problem", "Cannot connect")
    page.get_by_label("Mail address of our contact").fill(f"it@{partner['customer']}")
    page.get_by_role("button", name="File with Microsoft").click()
    expect(page.get_by_text("Microsoft answers us, not the customer.").first).to_be_visible()
    page.get_by_label("Mail address of our contact").fill("kim@partner.example")
    page.get_by_role("button", name="File with Microsoft").click()
    expect(page.get_by_text("Filed with Microsoft").first).to_be_visible()
    number = page.locator("strong").filter(has_text=re.compile(r"^\d{14}$")).inner_text()
    escalation = page.url

    portal.script_sandbox(f"azure/tickets/{number}/answer", body="<p>Please send a trace.</p>", sender="Ada of Azure")
    page.get_by_role("button", name="Read again").click()
    news = page.locator("#_escalation_news")
    expect(news).to_contain_text("Please send a trace.")
    page.get_by_role("textbox", name="Text").fill("Here it comes.")
    page.get_by_role("button", name="Send to Microsoft").click()
    expect(news.locator("li").filter(has_text="Here it comes.")).to_contain_text("Done")

    page.goto(ticket)
    expect(page.locator(".said.is-microsoft")).to_contain_text("Please send a trace.")
    expect(page.locator(".said.is-note").filter(has_text="Here it comes.")).to_be_visible()
    expect(page.locator(".head-line")).to_contain_text("Open")
    page.goto(escalation)
    page.get_by_role("button", name="Close the request at Microsoft").click()
    expect(news).to_contain_text("Closed")
    page.goto(ticket)
    expect(page.locator(".head-line")).to_contain_text("Verify with the customer")


def test_a_request_for_microsoft_365_is_carried_by_hand_into_microsofts_own_portal(
    sign_in: Callable[..., Page], partner: dict[str, str]
) -> None:
    page = sign_in("Support agent")
    open_ticket(
        page,
        customer=partner["customer"],
        subject="Forms loses answers",
        family="Microsoft 365",
        service=partner["service"],
    )
    ticket = page.url
    pass_the_gate(page)
    describe(page)
    page.get_by_role("button", name="Save", exact=True).click()
    by_hand = page.locator("section", has=page.locator("#escalation-copy"))
    link = by_hand.get_by_role("link").first
    expect(link).to_have_attribute("rel", re.compile("noopener"))
    expect(link).to_have_attribute("href", re.compile("^https://"))
    expect(by_hand).to_contain_text("RDP says 0x204.")
    copied = by_hand.get_by_role("button", name=re.compile("Title"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copied.click()
    assert page.evaluate("navigator.clipboard.readText()") == "Forms loses answers"
    page.get_by_label("Microsoft's number").fill("it is 12")
    page.get_by_role("button", name="Record that it is filed").click()
    expect(page.get_by_text("That is no number of Microsoft's").first).to_be_visible()
    page.get_by_label("Microsoft's number").fill("2611230000123456")
    page.get_by_role("button", name="Record that it is filed").click()
    expect(page.get_by_text("2611230000123456").first).to_be_visible()
    page.get_by_role("textbox", name="Text").fill("They found it and mend it tonight.")
    page.get_by_role("button", name="Note the answer").click()
    expect(page.locator("#_escalation_news")).to_contain_text("They found it and mend it tonight.")
    page.goto(ticket)
    expect(page.locator(".said.is-microsoft")).to_contain_text("They found it and mend it tonight.")
