"""A customer is invited, approves at Microsoft, and our group gets its roles: from the first click to the last."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
READ_SECONDS = 180_000  # until a feed or an order has come round on a busy machine


def test_a_customer_is_invited_approves_and_a_group_gets_its_roles(sign_in, portal):
    page = sign_in("Access admin")
    page.goto("/customers/")
    tenant = page.locator("tr[data-row] th a").first.get_attribute("href").rstrip("/").rsplit("/", 1)[1]

    page.goto(f"/delegated-access/orders/new/?action=CREATE&customer={tenant}")
    expect(page.get_by_text("1 will be changed")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Browser {customer}")
    page.get_by_label("Reason").fill("Contract 7")
    page.get_by_role("button", name="Order and start").click()
    page.get_by_role("link", name="Invitation").click(timeout=READ_SECONDS)

    link = page.locator("#approval-link")
    expect(link).to_have_attribute("href", re.compile("granularAdminRelationships"))
    expect(page.get_by_role("link", name="Open in my mail program")).to_have_attribute("href", re.compile("^mailto:"))
    page.get_by_label("Sent to").fill("admin@contoso.example")
    page.get_by_role("button", name="It was sent").click()
    expect(page.get_by_text("admin@contoso.example").first).to_be_visible()
    (number,) = re.findall(r"/relationships/(\d+)/", page.url)

    link.click()
    page.get_by_role("button", name="Approve all").click()
    expect(page.get_by_text("now has these roles")).to_be_visible()

    page.goto(f"/delegated-access/relationships/{number}/")
    page.get_by_role("button", name="Read again").click()
    expect(page.locator(".head-line").get_by_text("Active", exact=True)).to_be_visible(timeout=READ_SECONDS)
    page.goto(f"/delegated-access/orders/new/?action=ASSIGN&relationship={number}")
    page.get_by_label("Security group").select_option(label="Helpdesk")
    page.get_by_label("Reason").fill("Contract 7")
    page.get_by_role("button", name="Order and start").click()

    expect(page.get_by_text("1 of 1 are through")).to_be_visible(timeout=READ_SECONDS)
    expect(page.locator("tr[data-row]").get_by_text("Done", exact=True)).to_be_visible()
    page.goto(f"/delegated-access/relationships/{number}/")
    groups = page.locator('[aria-labelledby="groups-title"]').get_by_role("row").filter(has_text="Helpdesk")
    expect(groups.get_by_text("Active", exact=True)).to_be_visible(timeout=READ_SECONDS)
