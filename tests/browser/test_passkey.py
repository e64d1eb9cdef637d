"""Passkeys in a real browser: added, signed in with, confirmed with, and never locked out by those who guess."""

import re
import urllib.parse
import urllib.request

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def authenticator(page: Page) -> Page:
    """The page, with an authenticator in the device that always knows its person."""
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def sign_out(page: Page) -> None:
    page.goto("/")
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))


def sign_in_with_password(page: Page, email: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")


def guess(url: str, email: str, times: int) -> None:
    """Somebody who tries passwords, from no browser of ours."""
    for number in range(times):
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        page = opener.open(f"{url}/accounts/login/").read().decode()
        (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[:1])
        body = {"csrfmiddlewaretoken": token, "login": email, "password": f"guess {number}"}
        opener.open(f"{url}/accounts/login/", urllib.parse.urlencode(body).encode())


def test_an_owner_uses_their_role_with_a_passkey_and_gets_in_while_others_guess(authenticator, portal):
    page, (email, password) = authenticator, portal.password_of("Owner")
    sign_in_with_password(page, email, password)
    expect(page.get_by_text("Add a passkey to use your role (Owner).")).to_be_visible()
    expect(page.get_by_role("link", name="Settings", exact=True, include_hidden=True)).not_to_be_attached()

    page.get_by_role("link", name="Use a passkey or Microsoft").click()
    page.get_by_label("Name of the passkey").fill("Laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Laptop", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Settings", exact=True, include_hidden=True)).to_be_attached()

    sign_out(page)
    guess(portal.url, email, 12)
    sign_in_with_password(page, email, password)
    expect(page.get_by_text("Too many failed tries")).to_be_visible()

    page.goto("/accounts/login/?next=/people/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{portal.url}/people/")
    expect(page.get_by_role("heading", name="People", exact=True)).to_be_visible()

    page.goto("/accounts/confirm/?next=/people/new/")
    page.get_by_role("button", name="Confirm with a passkey").click()
    expect(page).to_have_url(f"{portal.url}/people/new/")


def test_a_password_alone_does_not_get_in_where_a_passkey_is_enrolled(authenticator, portal):
    page, (email, password) = authenticator, portal.password_of("Support agent")
    sign_in_with_password(page, email, password)
    page.goto("/accounts/security/")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    sign_out(page)

    sign_in_with_password(page, email, password)
    expect(page.get_by_role("heading", name="The second step")).to_be_visible()
    page.goto("/customers/")
    expect(page.get_by_role("heading", name="The second step")).to_be_visible()  # and nothing of the portal
    page.get_by_role("button", name="Go on with a passkey").click()

    expect(page).to_have_url(f"{portal.url}/")
    page.goto("/accounts/security/")
    page.get_by_role("link", name=re.compile("^Remove ")).click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The passkey was removed.")).to_be_visible()
