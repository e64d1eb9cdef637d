"""The whole way of a request: mail, known issue, link, reply, the customer reads it, solved; ours by keyboard alone."""

import json
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import ROOT, Portal

pytestmark = pytest.mark.browser
TITLE = "Outlook asks for the password again and again"
MOST_TABS = 80
PERSON = """
import json
from csp_portal.microsoft.sandbox.customer_people import people_of_customers
from csp_portal.microsoft.sandbox.world import World
from customers.models import Customer
from datetime import UTC, datetime
people = people_of_customers(World(seed=1, tenants=24, clock=lambda: datetime.now(UTC)))
ours = [one for one in people if Customer.objects.filter(tenant_id=one.tenant_id).exclude(health=2).exists()]
print(json.dumps({"mail": ours[0].email, "tenant": ours[0].tenant_id}))
"""


def receive_mail(portal: Portal, *, sender: str, subject: str, text: str) -> str:
    """What the command answers; it names the ticket."""
    raw = (
        f"From: Kim Larsen <{sender}>\r\nTo: support@partner.example\r\nSubject: {subject}\r\n"
        f"Message-ID: <path-1@{sender.partition('@')[2]}>\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\n\r\n{text}\r\n"
    )
    command = [sys.executable, "manage.py", "receive_mail"]
    done = subprocess.run(command, cwd=ROOT, env=portal.env, input=raw.encode(), capture_output=True, check=True)
    return done.stdout.decode()


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the element has the focus, as somebody without a mouse does."""
    expect(wanted).to_be_visible()
    for _ in range(MOST_TABS):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{wanted} is not reached with the Tab key")


def test_a_mail_is_answered_by_keyboard_and_its_sender_reads_it_and_calls_it_solved(
    sign_in: Callable[..., Page], portal: Portal, chromium: Browser
) -> None:
    first = json.loads(portal.manage("shell", "-v", "0", "-c", PERSON))
    issue = portal.script_sandbox(
        "issues", service="Exchange Online", fraction=1.0, title=TITLE, classification="incident"
    )
    page = sign_in("Support agent")
    page.goto(f"/customers/{first['tenant']}/health/")
    expect(page.get_by_text(TITLE).first).to_be_visible()

    words = receive_mail(
        portal, sender=first["mail"], subject="Outlook asks for the password", text="Outlook: password, all the time."
    )
    number = re.search(r"#(\d+)", words)[1]  # type: ignore[index]
    page.goto("/tickets/")
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile(f"/tickets/{number}/"))
    expect(page.locator("#_ticket_suggestions")).to_contain_text(TITLE)
    page.keyboard.press("l")
    expect(page.get_by_role("heading", name="Microsoft's issue")).to_be_visible()
    page.keyboard.press("r")
    tab_to(page, page.locator("textarea[name=text]"))
    page.keyboard.type("Microsoft knows it and works on it.")
    tab_to(page, page.get_by_role("button", name="Send the reply"))
    page.keyboard.press("Enter")
    expect(page.locator("article, .said").filter(has_text="Microsoft knows it and works on it.").first).to_be_visible()

    context = chromium.new_context(base_url=portal.url, locale="en-US", ignore_https_errors=True)
    theirs = context.new_page()
    theirs.goto("/my/")
    theirs.get_by_role("link", name="Sign in with Microsoft").first.click()
    theirs.locator("button.person").filter(has_text=first["mail"]).click()
    theirs.get_by_role("link", name=re.compile(f"#{number}")).click()
    expect(theirs.get_by_text("Microsoft knows it and works on it.")).to_be_visible()
    expect(theirs.get_by_text(re.compile(f"{issue['id']}.*{TITLE}"))).to_be_visible()
    theirs.get_by_role("button", name="It is solved").click()
    theirs.get_by_role("button", name="Good").click()
    expect(theirs.get_by_text("You rated it good.")).to_be_visible()
    context.close()

    page.reload()
    expect(page.locator(".head-line")).to_contain_text("Solved")
