"""The list of relationships in a browser: by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_relationship_is_found_and_opened_by_the_keyboard_alone(sign_in):
    page = sign_in("Viewer")
    page.keyboard.press("g")
    page.keyboard.press("x")
    expect(page.get_by_role("heading", name="Delegated access", level=1)).to_be_visible()
    rows = page.locator("[data-row]")
    expect(rows.first).to_be_visible()
    name = rows.first.locator("a.row-title").inner_text()

    page.keyboard.press("/")
    page.keyboard.type(name)
    expect(page).to_have_url(re.compile(r"[?&]q="))
    expect(page.get_by_role("link", name=f"Search: {name}")).to_be_visible()
    expect(rows.first.locator("a.row-title")).to_have_text(name)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/delegated-access/relationships/\d+/$"))
