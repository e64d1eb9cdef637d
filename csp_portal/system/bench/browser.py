"""Looks at a page with a real Chromium and notes what a person waits for and what is sent over the wire."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http import HTTPStatus
from importlib import import_module
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.test import Client

from csp_portal.accounts.models import User

LOOKS = 5
SETTLE_MILLISECONDS = 1500
START_SECONDS = 30
# Largest contentful paint, layout shift and the blocking part of long tasks, as web.dev defines them.
_WATCH = """
window.seen = {lcp: 0, cls: 0, tbt: 0};
const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({type, buffered: true});
watch("largest-contentful-paint", (entry) => { seen.lcp = entry.startTime; });
watch("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.cls += entry.value; });
watch("longtask", (entry) => { seen.tbt += Math.max(0, entry.duration - 50); });
"""  # noqa: E501 - JavaScript


@dataclass(frozen=True, kw_only=True)
class BrowserFigures:
    """Milliseconds, layout shift, and kilobytes of a first load as they came over the wire."""

    lcp: float
    cls: float
    tbt: float
    kilobytes: float
    script_kilobytes: float

    def as_json(self) -> dict[str, float]:
        return asdict(self)


def look_at(path: str, *, user: User) -> BrowserFigures | None:
    """The median of some first loads; None where there is no Chromium.

    Playwright is loaded here, by name: no other probe needs its 5 MB, and a portal in production does not have it.
    """
    try:
        driver = import_module("playwright.sync_api")
    except ModuleNotFoundError:
        return None
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    with _served() as url, driver.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        except driver.Error:
            return None
        looks = [_look(browser, url + path, cookie={**cookie, "url": url}) for _ in range(LOOKS)]
        browser.close()
    middle = {name: sorted(look[name] for look in looks)[LOOKS // 2] for name in looks[0]}
    return BrowserFigures(**middle)


def _look(browser: Any, address: str, *, cookie: dict[str, str]) -> dict[str, float]:
    """One first load in a fresh profile."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([cookie])
    context.add_init_script(_WATCH)
    page = context.new_page()
    protocol = context.new_cdp_session(page)
    protocol.send("Network.enable")
    kinds: dict[str, str] = {}
    sent = {"all": 0.0, "Script": 0.0}

    def finished(event: dict[str, Any]) -> None:
        sent["all"] += event["encodedDataLength"]
        if kinds.get(event["requestId"]) == "Script":
            sent["Script"] += event["encodedDataLength"]

    protocol.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    protocol.on("Network.loadingFinished", finished)
    page.goto(address)
    page.wait_for_timeout(SETTLE_MILLISECONDS)
    seen: dict[str, float] = page.evaluate("window.seen")
    context.close()
    return {**seen, "kilobytes": sent["all"] / 1024, "script_kilobytes": sent["Script"] / 1024}


@contextmanager
def _served() -> Iterator[str]:
    """The portal behind gunicorn, as in production, on this process's servers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "gunicorn", "csp_portal.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    server = subprocess.Popen(
        [*command, "--log-level", "error"], env={**os.environ, "PORTAL_URL": url, "PORT": str(port)}
    )
    try:
        _wait_for(f"{url}/healthz", server)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=START_SECONDS)


def _wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(address, timeout=2) as answer:  # noqa: S310 - our own server
                if answer.status == HTTPStatus.OK:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"gunicorn did not answer at {address}; what it said stands above.")
