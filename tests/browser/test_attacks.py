"""What Microsoft's words, or whoever sits down at the browser next, must not be able to do."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SCRIPT = "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'>"
POST = (
    f"<p>Harmless words.</p>{SCRIPT}<a href='javascript:window.broken=1'>a link</a><svg onload='window.broken=1'></svg>"
    "<iframe srcdoc='<script>parent.broken=1</script>'></iframe><p style='position:fixed;inset:0'>cover</p>"
    "<form action='https://evil.example'><input name=password></form><img src='https://evil.example/pixel'>"
)


def test_scripts_in_microsofts_words_stay_words(sign_in, portal):
    title = f"Mail is late {SCRIPT}"
    issue = portal.script_sandbox(
        "issues", service="Exchange Online", fraction=1.0, title=title, classification="incident"
    )
    portal.script_sandbox(f"issues/{issue['id']}/post", html=POST)
    page = sign_in("Viewer")
    dialogs = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto("/issues/")
    link = page.get_by_role("link", name="Mail is late").first

    link.wait_for(timeout=180_000)
    assert "<script>" in link.inner_text()
    for path in ("/", "/issues/", f"/issues/custom/{issue['id']}/"):
        page.goto(path)
        expect(page.get_by_text("Mail is late").first).to_be_visible()
        assert page.evaluate("window.broken === undefined")
    expect(page.locator(".post-text").get_by_text("Harmless words.")).to_be_visible(timeout=180_000)
    posts = page.locator(".post-text")
    assert posts.locator("script, iframe, svg, img, form, input, [style], [href^=javascript]").count() == 0
    assert dialogs == []


def test_nothing_seen_stays_in_the_browsers_storage_for_the_next_person(sign_in):
    page = sign_in("Viewer")
    page.goto("/customers/")
    name = page.locator("tr[data-row] th a").first.inner_text()
    page.keyboard.press("/")
    page.keyboard.type(name[:8])
    page.wait_for_url("**/customers/?*q=*")
    page.goto("/people/me/")
    page.goto("/customers/")

    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")

    assert name[:8] not in kept
    assert "<" not in kept
