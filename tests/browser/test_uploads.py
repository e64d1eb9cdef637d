"""Files in a real browser: sent, seen and fetched; and whatever a file holds or is called, no browser ever shows it."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.attachments.conftest import GIF, PDF, PNG, docx

pytestmark = pytest.mark.browser

RUN = b"window.broken=1;alert(1)"
HTML = b"<!doctype html><title>x</title><script>" + RUN + b"</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="window.broken=1;alert(1)"><script>' + RUN + b"</script></svg>"

# Refused: what a browser would show as a page, whatever it is called and claimed to be.
REFUSED = [
    ("page.html", "text/html", HTML),
    ("page.html", "application/pdf", HTML),
    ("page.txt", "text/plain", HTML),
    ("page.pdf", "application/pdf", HTML),
    ("page.pdf", "application/pdf", HTML + PDF),
    ("page.png", "image/png", HTML),
    ("drawing.svg", "image/svg+xml", SVG),
    ("drawing.png", "image/png", SVG),
    ("page.xhtml", "application/xhtml+xml", HTML),
    ("script.js", "text/javascript", RUN),
    ("page.pdf\u202elmth.html", "text/html", HTML),
    ("page.html\x00.pdf", "application/pdf", HTML),
]
# Taken, for they really are of their kind; what else they hold never runs.
TAKEN = [
    ("picture.gif", "text/html", GIF.replace(bytes(8), b"/*", 1) + b"*/=1;" + RUN + b"//<script>" + RUN + b"</script>"),
    ("paper.pdf", "text/html", PDF + HTML),
    ("photo.png", "image/svg+xml", PNG + SVG),
    ("letter.docx", "text/html", docx()),
    ("../../../escape.pdf", "application/pdf", PDF),
    ("fdp.\u202egpj.pdf", "application/pdf", PDF),
    ("notes; filename=evil.html.txt", "text/html", b"harmless\n<script>window.broken=1</script>"),
]


@pytest.fixture
def files(sign_in: Any, portal: Any) -> Page:
    page: Page = sign_in("Support agent")
    page.goto("/customers/")
    page.locator("tr[data-row] th a").first.click()
    page.get_by_role("link", name="Files").click()
    expect(page.get_by_role("heading", name="Files", exact=True)).to_be_visible()
    while rows := page.locator(".files li").count():
        page.get_by_role("button", name="Remove").first.click()
        expect(page.locator(".files li")).to_have_count(rows - 1)
    return page


def _send(page: Page, name: str, claimed: str, content: bytes) -> None:
    with page.expect_response(lambda answer: answer.request.method == "POST" and "/files/new/" in answer.url):
        page.locator("input[type=file]").set_input_files(FilePayload(name=name, mimeType=claimed, buffer=content))
        page.get_by_role("button", name="Add", exact=True).click()


@pytest.mark.parametrize(("name", "claimed", "content"), REFUSED, ids=[ascii(one[0]) for one in REFUSED])
def test_a_page_in_disguise_is_refused_with_a_sentence(files: Page, name: str, claimed: str, content: bytes) -> None:
    before = files.locator(".files li").count()
    _send(files, name, claimed, content)

    expect(files.locator("#file-problem")).to_be_visible()
    assert files.locator(".files li").count() == before
    assert files.evaluate("window.broken === undefined")


@pytest.mark.parametrize(("name", "claimed", "content"), TAKEN, ids=[ascii(one[0]) for one in TAKEN])
def test_a_file_is_only_ever_downloaded(
    files: Page, tmp_path: Path, *, name: str, claimed: str, content: bytes
) -> None:
    dialogs: list[str] = []
    files.on("dialog", lambda dialog: dialogs.append(dialog.message))
    _send(files, name, claimed, content)
    link = files.locator(".files li a").first
    expect(link).to_be_visible()  # after its scan
    shown = link.inner_text()
    address = str(link.get_attribute("href"))

    for act in (link.click, lambda: files.evaluate("address => { location.href = address; }", address)):
        with files.expect_download() as started:
            act()
        started.value.save_as(tmp_path / "fetched")
        assert (tmp_path / "fetched").read_bytes() == content
        assert started.value.suggested_filename.rpartition(".")[2] in {"gif", "pdf", "png", "docx", "txt"}
    assert "/" not in shown and ".." not in shown and "\u202e" not in shown
    assert files.evaluate("window.broken === undefined")
    assert dialogs == []
    answer = files.request.get(address)
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_other_page_can_take_a_file_in(files: Page) -> None:
    _send(files, *TAKEN[0])
    link = files.locator(".files li a").first
    expect(link).to_be_visible()
    answer = files.request.get(str(link.get_attribute("href")))

    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


SCRIPTS = [
    """document.createElement("script").src = "/static/x.js" """,
    """document.createElement("script").text = "window.broken = 1" """,
    """document.body.setAttribute("onclick", "window.broken = 1")""",
    """window.setTimeout("window.broken = 1")""",
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_not_even_our_own_pages_can_make_a_script_from_a_text(chromium: Browser, portal: Any, script: str) -> None:
    """In a browser of its own, for the refusal is rightly an error in the console."""
    page = chromium.new_page(base_url=portal.url)
    page.goto("/accounts/login/")
    refused = page.evaluate(f"() => {{ try {{ {script}; return false }} catch (error) {{ return error.name }} }}")
    page.close()

    assert refused in {"TypeError", "EvalError"}


def test_a_removed_file_comes_back_with_undo(files: Page) -> None:
    _send(files, "contract.pdf", "application/pdf", PDF)
    expect(files.locator(".files li a").first).to_be_visible()
    files.get_by_role("button", name="Remove contract.pdf").click()
    expect(files.get_by_text("contract.pdf was removed.")).to_be_visible()
    files.get_by_role("button", name="Undo").click()

    expect(files.locator(".files li").filter(has_text="contract.pdf")).to_be_visible()
