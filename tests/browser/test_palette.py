"""The palette by the keyboard alone: opened, searched, walked and left, with the focus back where it was."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
AXE = (Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text()
FIELD = "#palette [role=combobox]"
CHOSEN = '#palette [aria-selected="true"]'


def _open(page):
    page.goto("/issues/")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Control+k")
    page.locator(CHOSEN).wait_for()


def test_it_opens_what_was_found_by_the_keyboard_alone(sign_in):
    page = sign_in("Owner")
    _open(page)

    page.keyboard.type("audit")
    expect(page.locator(CHOSEN)).to_contain_text("Audit")
    expect(page.locator(f"{CHOSEN}#{page.locator(FIELD).get_attribute('aria-activedescendant')}")).to_be_visible()
    page.keyboard.press("Enter")

    page.wait_for_url("**/audit/")


def test_the_arrows_walk_around_and_escape_leaves(sign_in):
    page = sign_in("Owner")
    _open(page)
    page.locator("#palette [role=option]").nth(2).wait_for()
    first = page.locator(CHOSEN).get_attribute("id")

    page.keyboard.press("ArrowUp")
    last = page.locator("#palette [role=option]").last.get_attribute("id")
    assert page.locator(FIELD).get_attribute("aria-activedescendant") == last
    page.keyboard.press("ArrowDown")
    assert page.locator(FIELD).get_attribute("aria-activedescendant") == first

    page.keyboard.press("Escape")
    assert not page.locator("#palette").is_visible()


def test_whoever_types_and_presses_enter_at_once_opens_what_they_typed(sign_in):
    page = sign_in("Owner")
    _open(page)

    page.keyboard.type("matrix")
    page.keyboard.press("Enter")

    page.wait_for_url("**/matrix/")


def test_the_open_palette_has_nothing_serious_and_fits_a_phone(sign_in):
    page = sign_in("Owner")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/issues/")
    page.locator("[data-open-palette]").click()
    page.locator(CHOSEN).wait_for()
    page.evaluate(AXE)

    found = page.evaluate("() => axe.run(document).then(found => found.violations)")

    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_switcher_goes_to_the_same_page_of_another_customer(sign_in):
    page = sign_in("Owner")
    page.goto("/customers/")
    address = page.locator("#customer_list tbody th a").first.get_attribute("href")
    page.goto(f"{address}health/history/")
    page.keyboard.press("Control+Alt+k")
    page.locator("#switch_list [data-row]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url(lambda url: url.endswith("/health/history/") and address not in url)
