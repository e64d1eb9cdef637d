"""A working day in the browser: sign in, find a customer, open an incident and a portal, watch the page change."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_person_signs_in_with_microsoft(page, portal):
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Sign in with Microsoft").click()
    expect(page).to_have_url(re.compile(re.escape(portal.sandbox["url"])))

    page.locator("button.person").filter(has_text="Owner").first.click()

    expect(page).to_have_url(f"{portal.url}/")
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def test_a_stranger_from_another_tenant_is_told_why_not(page, portal):
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Sign in with Microsoft").click()

    page.locator("button.person").last.click()

    expect(page).to_have_url(re.compile("/accounts/login/"))
    expect(page.get_by_text(re.compile("organization|tenant")).first).to_be_visible()


def test_a_person_signs_in_with_a_password_and_out_again(sign_in, portal):
    page = sign_in("Viewer", is_new=True)

    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Sign out").click()

    page.goto("/customers/")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_a_customer_is_found_by_typing_and_its_portals_open_in_its_context(sign_in):
    page = sign_in("Support agent")
    page.goto("/customers/")
    name = page.locator("tr[data-row] th a").nth(3).inner_text()

    page.keyboard.press("/")
    page.keyboard.type(name[:10])
    expect(page.locator("tr[data-row]").first.locator("th a")).to_contain_text(name[:10])
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    tenant = page.url.rstrip("/").rsplit("/", 1)[1]
    page.goto(f"/customers/{tenant}/services/")

    links = page.locator("a.portal")
    expect(links.first).to_be_visible()
    assert "noopener" in (links.first.get_attribute("rel") or "")
    assert any(tenant in (link.get_attribute("href") or "") for link in links.all())


def test_the_dashboard_follows_the_story_and_keeps_focus_and_scroll(sign_in, portal):
    page = sign_in("Viewer")
    page.set_viewport_size({"width": 1440, "height": 500})
    title = "Nobody can open the shared calendar of the tests"
    page.get_by_role("link", name=re.compile("All customers")).focus()
    page.evaluate("() => { window.scrollTo({top: 200, behavior: 'instant'}); window.stillHere = true }")
    assert page.evaluate("window.scrollY") > 0

    issue = portal.script_sandbox(
        "issues", service="Exchange Online", fraction=0.5, title=title, classification="incident"
    )

    expect(page.get_by_text(title)).to_be_attached(timeout=180_000)
    assert page.evaluate("window.stillHere"), "the page was loaded anew"
    # the browser holds what is read in its place, so the number moves with what comes and goes above it
    assert page.evaluate("window.scrollY") > 0, "the reader was thrown back to the top"
    assert "All customers" in page.evaluate("document.activeElement.innerText")
    portal.script_sandbox(f"issues/{issue['id']}/restore")
    expect(page.get_by_text(title)).not_to_be_attached(timeout=180_000)


def test_an_incident_shows_its_posts_and_the_customers_it_hits(sign_in, portal):
    title = "Messages are late for the tests of the issue page"
    issue = portal.script_sandbox(
        "issues", service="Microsoft Teams", fraction=0.3, title=title, classification="incident"
    )
    page = sign_in("Viewer")
    expect(page.get_by_text(title)).to_be_attached(timeout=180_000)

    page.get_by_role("link", name=re.compile(re.escape(title))).first.click()

    expect(page.get_by_role("heading", name=re.compile(re.escape(title)))).to_be_visible()
    expect(page.get_by_text(issue["id"]).first).to_be_visible()
    portal.script_sandbox(f"issues/{issue['id']}/post", html="<p>Engineers found the cause of the tests.</p>")
    expect(page.locator(".post-text").get_by_text("Engineers found the cause of the tests.")).to_be_visible(
        timeout=180_000
    )
    portal.script_sandbox(f"issues/{issue['id']}/restore")


def test_a_tenant_that_refuses_turns_unknown_with_its_cause(sign_in, portal):
    page = sign_in("Viewer")
    page.goto("/customers/?sort=name")
    link = page.locator("tr[data-row] th a").first
    name, tenant = link.inner_text(), (link.get_attribute("href") or "").strip("/").rsplit("/", 1)[1]

    portal.script_sandbox("faults", tenant=tenant, fail_with=403)

    page.goto("/customers/?state=unknown")
    expect(page.get_by_role("link", name=name, exact=True)).to_be_attached(timeout=180_000)
    row = page.locator("tr[data-row]").filter(has_text=name)
    expect(row).to_contain_text("A permission or delegated role is missing")
    portal.script_sandbox("faults", tenant=tenant, heal=True)


def test_the_whole_portal_speaks_traditional_chinese(sign_in):
    page = sign_in("Owner")
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="繁體中文").click()
    page.wait_for_load_state()

    expect(page.locator("html")).to_have_attribute("lang", "zh-hant")
    expect(page.locator("nav")).to_contain_text("客戶")
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
