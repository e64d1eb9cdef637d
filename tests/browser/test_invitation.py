"""A red cell becomes green: a customer is invited, approves at Microsoft, and our group gets its role."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
READ_SECONDS = 180_000  # until a feed or an order has come round on a busy machine
TICKETS = "Open Microsoft 365 and Dynamics 365 tickets"


ITS_RELATIONSHIPS = """
from customers.models import Relationship
one = Relationship.objects.filter(status="active", customer__isnull=False, gone_at=None).order_by("?")[0]
its = one.customer.relationships.filter(status="active")
print(one.customer_tenant_id, *its.values_list("microsoft_id", flat=True))
"""


def test_a_customer_is_invited_approves_a_group_gets_the_role_and_the_cell_turns_green(sign_in, portal):
    tenant, *ids = portal.manage("shell", "-v", "0", "-c", ITS_RELATIONSHIPS).split()
    for one in ids:  # the customer ends all that it had granted
        portal.script_sandbox(f"gdap/relationships/{one}/remove")
    cell = f"/delegated-access/capabilities/{tenant}/M365_TICKETS/"
    page = sign_in("Access admin")
    answer = page.locator("#ability .head-line")
    page.goto(f"/delegated-access/capabilities/{tenant}/")
    page.get_by_role("button", name="Read our access again").click()
    row = page.locator("#abilities").get_by_role("row").filter(has_text=TICKETS)
    row.get_by_role("link", name="No relationship").first.click(timeout=READ_SECONDS)

    page.get_by_role("link", name="Invite the customer", exact=True).click()
    expect(page.get_by_text("1 will be changed")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Browser {customer}")
    page.get_by_label("Reason").fill("Contract 7")
    page.get_by_role("button", name="Order and start").click()
    expect(page.get_by_text("1 of 1 are through")).to_be_visible(timeout=READ_SECONDS)

    page.goto(cell)
    page.get_by_role("link", name="Send the invitation").click()
    link = page.locator("#approval-link")
    expect(link).to_have_attribute("href", re.compile("granularAdminRelationships"))
    expect(page.get_by_role("link", name="Open in my mail program")).to_have_attribute("href", re.compile("^mailto:"))
    page.get_by_label("Sent to").fill("admin@contoso.example")
    page.get_by_role("button", name="It was sent").click()
    expect(page.get_by_text("admin@contoso.example").first).to_be_visible()
    link.click()
    page.get_by_role("button", name="Approve all").click()
    expect(page.get_by_text("now has these roles")).to_be_visible()

    page.goto(cell)
    page.get_by_role("button", name="Read our access again").click()
    expect(answer.get_by_text("No assignment")).to_be_visible(timeout=READ_SECONDS)
    page.get_by_role("link", name="Give a group the role").click()
    page.get_by_label("Security group").select_option(label="Helpdesk")
    page.get_by_label("Reason").fill("Contract 7")
    page.get_by_role("button", name="Order and start").click()
    expect(page.get_by_text("1 of 1 are through")).to_be_visible(timeout=READ_SECONDS)
    expect(page.locator("tr[data-row]").get_by_text("Done", exact=True)).to_be_visible()

    page.goto(cell)
    expect(answer.get_by_text("Possible", exact=True)).to_be_visible(timeout=READ_SECONDS)
