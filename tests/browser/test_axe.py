"""Nothing serious stands in the way of people who can't see, or use no mouse."""

from pathlib import Path

import pytest

AXE = (Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text()
RUN = "() => axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)"
PAGES = [
    "/",
    "/customers/",
    "CUSTOMER",
    "CUSTOMER/services/",
    "CUSTOMER/health/",
    "/issues/",
    "ISSUE",
    "/settings/",
    "/settings/connections/new/",
    "/settings/links/",
    "/people/",
    "/people/me/",
    "/system/",
    "/nowhere/",
]

pytestmark = pytest.mark.browser


def _serious(page):
    page.evaluate(AXE)
    return [
        f"{found['id']}: {found['help']} {[node['target'] for node in found['nodes']][:3]}"
        for found in page.evaluate(RUN)
        if found["impact"] in {"serious", "critical"}
    ]


def _resolve(page, path):
    if path.startswith("CUSTOMER"):
        page.goto("/customers/")
        href = page.locator("main a[href^='/customers/']:not([href*='?'])").first.get_attribute("href")
        return href.rstrip("/") + path.removeprefix("CUSTOMER") + ("" if path.endswith("/") else "/")
    if path == "ISSUE":
        page.goto("/issues/")
        return page.locator("main a[href^='/issues/']:not([href*='?']):not([href$='.csv'])").first.get_attribute("href")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_nothing_serious(sign_in, path, scheme):
    page = sign_in("Owner")
    page.emulate_media(color_scheme=scheme)
    page.goto(_resolve(page, path))
    page.wait_for_load_state("networkidle")

    assert _serious(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sign_in_page_has_nothing_serious(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto("/accounts/login/")

    assert _serious(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_usable_at_390_pixels(sign_in, path):
    page = sign_in("Owner")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(_resolve(page, path))
    page.wait_for_load_state("networkidle")

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
