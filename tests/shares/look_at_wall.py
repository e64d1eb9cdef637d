"""Open a wallboard in Chromium and say what is wrong with it; run by test_wall_screen.py."""

import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

STATIC = Path(__file__).resolve().parents[2] / ".portal-static"
SWITCHES = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CUT = """() => [...document.querySelectorAll(".tile")].filter((tile) => {
  const box = tile.getBoundingClientRect();
  return box.bottom > innerHeight || box.right > innerWidth || tile.scrollHeight > tile.clientHeight + 1;
}).length"""


def look(page: Page, address: str) -> None:
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    # The test's server knows the files by their plain names only.
    page.route("**/static/**", lambda route: route.fulfill(path=STATIC / route.request.url.split("/static/")[1]))
    page.clock.install()
    page.goto(address)
    assert page.locator(".tile").count() == 300
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.evaluate("document.querySelector('#wall').scrollHeight <= innerHeight")
    assert page.evaluate(CUT) == 0
    first = page.locator(".tile").first
    assert "Incident" in first.inner_text()
    assert first.locator("svg").count() == 1
    assert first.locator("time").count() == 1

    with page.expect_response("**/shared/**"):
        page.clock.fast_forward(21_000)
    expect(page.locator(".tile")).to_have_count(50)  # the second screen
    assert page.locator(".wall-stale").is_hidden()
    assert errors == []

    page.route("**/shared/**", lambda route: route.abort())
    page.clock.run_for(75_000)
    assert page.locator(".wall-stale").is_visible()
    assert page.context.cookies() == []


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=SWITCHES)
    look(browser.new_page(viewport={"width": 1920, "height": 1080}), sys.argv[1])
    browser.close()
