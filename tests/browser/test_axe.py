"""Nothing serious stands in the way of people who can't see, or use no mouse."""

import json
import time
from pathlib import Path

import pytest

from tests.browser.conftest import PROOF_SECONDS, enter_as, watched

AXE = (Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text()
RUN = "more => axe.run(document, {resultTypes: ['violations'], ...more}).then(found => found.violations)"
# In the dark theme only what asks for colors: the themes differ in the values of custom properties and in nothing else.
OF_COLORS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# What asks when the page is loaded (hx-trigger="load") has asked by then, and carries these classes until it is drawn.
IS_QUIET = """() => document.readyState === "complete" && document.fonts.status === "loaded"
    && !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")"""
# Colors would fade from one theme to the other while axe reads them.
AT_ONCE = "*, ::before, ::after { transition: none !important; animation: none !important; }"
PAGES = [
    "/",
    "/customers/",
    "CUSTOMER/",
    "CUSTOMER/services/",
    "CUSTOMER/files/",
    "CUSTOMER/health/",
    "CUSTOMER/health/history/",
    "/customers/switch/",
    "/matrix/",
    "/suspicions/",
    "/suspicions/new/",
    "/issues/",
    "ISSUE",
    "ISSUE?tab=customers",
    "/settings/",
    "/settings/connections/new/",
    "CONNECTION",
    "CONNECTIONgroups/",
    "CONNECTIONrevoke/",
    "/settings/links/",
    "LINK",
    "/people/",
    "/people/new/",
    "/people/me/",
    "/people/me/tokens/",
    "PERSON",
    "/search/?q=a",
    "/reports/downtime/",
    "/settings/promises/",
    "/views/",
    "/views/?page=health:issue_list&query=state%3Dall",
    "/accounts/security/passkeys/add/",
    "/accounts/security/app/add/",
    "/accounts/confirm/done/",
    "/system/stop/",
    "/accounts/password/change/",
    "/accounts/security/",
    "/people/tokens/",
    "/settings/groups/",
    "/settings/groups/new/",
    "/audit/",
    "/system/",
    "/delegated-access/",
    "RELATIONSHIP",
    "GRANTED",
    "/nowhere/",
    "/alerts/",
    "/settings/alerts/",
    "/settings/alerts/rules/new/",
    "RULE",
    "/settings/alerts/targets/new/",
    "TARGET",
    "/settings/alerts/deliveries/",
    "DELIVERY",
    "/notice-runs/",
    "RUN",
    "RUNedit/",
    "/settings/notice-texts/",
    "/messages/",
    "MESSAGE",
    "/shares/",
    "/shares/new/",
    "/handover/",
    "/settings/calendars/",
    "CALENDAR",
    "GROUP",
    "SUSPICION",
    "CALLS",
    "HITcontacts/",
    "CONTACT",
    "HITnotices/",
    "HITmessages/",
    "HITfacts/",
    "HITpause/",
    "HITtickets/",
    "/customers/contacts/import/",
    "/customers/facts/import/",
    "/tickets/",
    "/tickets/new/",
    "TICKET",
    "TICKET?tab=activity",
    "/settings/desk/reopening/",
    "/settings/desk/replies/",
    "/settings/desk/replies/new/",
    "HITpeople/",
    "/desk/reports/",
    "/desk/insight/",
    "HITinsight/",
    "/desk/runbooks/",
    "RUNBOOK",
    "RUNBOOKwrite/",
    "RUNBOOKhistory/",
    "GRANT",
    "/delegated-access/orders/",
    "ORDER",
    "ORDERtold/",
    "/delegated-access/capabilities/",
    "ABLE",
    "/delegated-access/what-if/",
    "/delegated-access/expiry/",
    "/delegated-access/role-templates/",
    "TEMPLATE",
    "TELL",
    "/settings/first-steps/",
]

FIRST = {
    "CUSTOMER": ("/customers/", "/customers/"),
    "RELATIONSHIP": ("/delegated-access/", "/delegated-access/relationships/"),
    "ISSUE": ("/issues/", "/issues/"),
    "CONNECTION": ("/settings/", "/settings/connections/"),
    "PERSON": ("/people/", "/settings/people/"),
}

pytestmark = pytest.mark.browser


def _serious(page, **more):
    return [
        f"{found['id']}: {found['help']} {[node['target'] for node in found['nodes']][:3]}"
        for found in page.evaluate(RUN, more)
        if found["impact"] in {"serious", "critical"}
    ]


def _first(page, listing, links):
    page.goto(listing)
    return page.locator(
        f"main a[href^='{links}']:not([href*='?']):not([href$='.csv']):not([href$='/new/'])"
    ).first.get_attribute("href")


@pytest.fixture(scope="session")
def things(portal):
    """Where one thing of each kind is shown, put there once for all of these tests."""
    script = (Path(__file__).parent / "things.py").read_text()
    wrapped = f"from django.db import transaction\nwith transaction.atomic():\n    exec({script!r})"
    return json.loads(portal.manage("shell", "-v", "0", "-c", wrapped))


@pytest.fixture(scope="module")
def kept(chromium, portal):
    """One browser for all pages of the portal: what is looked at is the pages, each of them loaded anew."""
    with watched(chromium, portal, bypass_csp=True) as found:  # axe brings a style element of its own
        yield found


@pytest.fixture(scope="module")
def known():
    """Addresses found so far, and when the owner came in."""
    return {"signed in": -PROOF_SECONDS}


@pytest.fixture
def owners_page(kept, portal, known):
    """Light and wide, with the owner signed in and freshly proved; at the end as clean as every other page."""
    page = kept.page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    if time.monotonic() - known["signed in"] > PROOF_SECONDS:
        page.context.clear_cookies()
        page.goto("/")
        enter_as(page, portal, "Owner")
        known["signed in"] = time.monotonic()
    yield page
    kept.assert_clean()


def _resolve(page, path, things, known):
    """The address of a page, kept for the next that begins like it; a capital word is the first of its kind."""
    for word in sorted(things, key=len, reverse=True):
        if path.startswith(word):
            return things[word] + path.removeprefix(word)
    if path == "LINK":
        page.goto("/settings/links/")
        return page.locator("main a[href*='/settings/links/']:not([href*='?'])").first.get_attribute("href")
    if path == "GRANTED":
        return _first(page, "/customers/", "/customers/").replace("/customers/", "/delegated-access/customers/")
    for word, (listing, links) in FIRST.items():
        if path.startswith(word):
            found = known[word] = known.get(word) or _first(page, listing, links)
            return (found.rstrip("/") if word == "CUSTOMER" else found) + path.removeprefix(word)
    return path


def _serious_in_both_themes(page):
    page.wait_for_function(IS_QUIET)
    page.add_style_tag(content=AT_ONCE)
    page.evaluate(AXE)
    found = []
    for scheme, more in (("light", {}), ("dark", OF_COLORS)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate("() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
        found += [f"{scheme}: {problem}" for problem in _serious(page, **more)]
    return found


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_nothing_serious_and_fits_a_phone(owners_page, things, known, path):
    page = owners_page
    page.goto(_resolve(page, path, things, known))

    found = _serious_in_both_themes(page)
    assert found == [], found

    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    "path",
    [
        *("/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/", "/customers/consented/"),
        "/my/",
    ],
)
def test_a_page_before_sign_in_has_nothing_serious(page, path):
    page.goto(path)

    found = _serious_in_both_themes(page)
    assert found == [], found


def test_the_customers_own_pages_have_nothing_serious_and_fit_a_phone(page):
    page.goto("/my/")
    page.get_by_role("link", name="Sign in with Microsoft").first.click()
    page.locator("button.person").filter(has_text="person1@").click()
    page.wait_for_url("**/my/tickets/")
    page.goto("/my/tickets/new/")
    page.locator("[name=subject]").fill("License for a colleague")
    page.locator("[name=text]").fill("Please add one.")
    page.get_by_role("button", name="Send the request").click()
    page.get_by_role("button", name="It is solved").click()
    ticket = page.url

    for path in (ticket, "/my/tickets/", "/my/tickets/new/", "/my/health/", "/my/support/"):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(path)
        found = _serious_in_both_themes(page)
        assert found == [], (path, found)
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
