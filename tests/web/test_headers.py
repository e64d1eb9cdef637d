"""Every kind of answer carries the headers that keep a browser from doing harm with it."""

import re
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils.html import escape

from tests.web.conftest import gunicorn

TEMPLATES = Path(settings.BASE_DIR) / "templates"
TAG = re.compile(r"<(script|style)\b[^>]*>", re.IGNORECASE)


def _policy(answer) -> dict[str, list[str]]:
    parts = [part.split() for part in answer.headers["Content-Security-Policy"].split(";")]
    return {part[0]: part[1:] for part in parts if part}


def _is_hardened(answer) -> None:
    policy = _policy(answer)
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    for words in policy.values():
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:"} & set(words)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]


def _static(name: str) -> str:
    page = str(Client().get("/accounts/login/").content.decode())
    return str(re.findall(rf'"(/static/dist/{name}\.[^"]+)"', page)[0])


# What the address is an example of, and the status that it answers with.
ANSWERS = {
    "page": ("/customers/", 200),
    "missing slash": ("/customers", 301),
    "nothing there": ("/nowhere/", 404),
    "foreign customer": ("/customers/00000000-0000-4000-8000-000000000000/", 404),
    "bad request": ("/%00", 400),
    "too long": ("/customers/?q=" + "x" * 5_000, 414),
    "api": ("/api/v1/customers/", 200),
    "api without such an address": ("/api/v1/nowhere/", 404),
    "machines' check": ("/healthz", 200),
    "download": ("/issues/export.csv", 200),
    "forbidden": ("/settings/", 403),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_kind_of_answer_is_hardened(as_agent: Client, kind: str) -> None:
    address, status = ANSWERS[kind]
    answer = as_agent.get(address)

    assert answer.status_code in {status, 302}  # an export may first ask who is there
    _is_hardened(answer)


@pytest.mark.parametrize("address", ["/", "/customers/", "/issues/", "/people/me/", "/system/banner/"])
def test_fragments_are_hardened_like_pages(as_owner: Client, address: str) -> None:
    _is_hardened(as_owner.get(address, headers={"HX-Request": "true"}))


def test_an_error_page_is_hardened_and_tells_nothing(production) -> None:
    with gunicorn(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nowhere") as without_database:
        answer = without_database.ask("/accounts/login/")

    assert answer.status == 500
    _is_hardened(answer)
    assert "Something went wrong on our side" in answer.text
    for told in ("Traceback", "OperationalError", "nobody", "127.0.0.1", str(settings.BASE_DIR)):
        assert told not in answer.text


def test_every_script_of_a_page_carries_this_answers_nonce(as_owner: Client) -> None:
    for address in ("/", "/customers/", "/settings/", "/people/me/", "/nowhere/", "/people/new/"):
        answer = as_owner.get(address)
        (named,) = _policy(answer)["script-src"]
        tags = [match[0] for match in TAG.finditer(answer.content.decode())]

        (nonce,) = re.findall(r"^'nonce-([A-Za-z0-9+/=]{20,})'$", named)
        assert tags and all(f'nonce="{escape(nonce)}"' in tag for tag in tags)


def test_no_two_answers_share_a_nonce(client: Client, db) -> None:
    drawn = {_policy(client.get("/accounts/login/"))["script-src"][0] for _ in range(5)}

    assert len(drawn) == 5


def test_a_policy_without_script_allows_none(as_viewer: Client) -> None:
    answer = as_viewer.get("/system/banner/", headers={"HX-Request": "true"})

    assert _policy(answer).get("script-src", []) == []  # which allows as much as 'none'


def test_markup_and_scripts_are_not_made_from_texts(client: Client, db) -> None:
    policy = _policy(client.get("/accounts/login/"))

    assert policy["require-trusted-types-for"] == ["'script'"]
    assert policy["trusted-types"] == ["default"]


def test_no_template_writes_a_script_without_its_nonce_nor_any_style() -> None:
    bad = [
        f"{path}: {match[0]}"
        for path in TEMPLATES.rglob("*.html")
        for match in TAG.finditer(path.read_text())
        if match[1].lower() == "style" or 'nonce="{{ csp_nonce }}"' not in match[0]
    ]

    assert bad == []


def test_no_part_that_is_kept_for_later_holds_a_nonce_or_a_token() -> None:
    kept = [
        part
        for path in TEMPLATES.rglob("*.html")
        for part in re.findall(r"{% cache .*?%}(.*?){% endcache %}", path.read_text(), re.DOTALL)
    ]
    included = [(TEMPLATES / name).read_text() for part in kept for name in re.findall(r'{% include "([^"]+)"', part)]

    assert kept
    for part in [*kept, *included]:
        assert "nonce" not in part and "csrf" not in part


@pytest.mark.parametrize("kind", ANSWERS)
def test_no_page_comes_back_from_a_disk_after_the_sign_out(as_agent: Client, kind: str) -> None:
    assert "no-store" in as_agent.get(ANSWERS[kind][0])["Cache-Control"]


def test_static_files_are_hardened(client: Client, db) -> None:
    for name in ("portal", "favicon"):
        answer = client.get(_static(name))
        assert answer.status_code == 200
        _is_hardened(answer)


def test_behind_https_every_answer_is_strict_and_cookies_are_bound_to_the_host(production, db) -> None:
    style = _static("portal")
    for path in ("/accounts/login/", "/nowhere", "/%00", "/api/v1/customers/", "/customers/", style):
        answer = production.ask(path)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
        _is_hardened(answer)
        for cookie in SimpleCookie(", ".join(answer.headers.get_all("Set-Cookie") or [])).values():
            assert cookie.key.startswith("__Host-")
            assert cookie["secure"] and cookie["httponly"] and cookie["path"] == "/" and not cookie["domain"]
            assert cookie["samesite"] == "Lax"


def test_plain_http_is_led_to_https(production) -> None:
    answer = production.ask("/customers/", https=False)

    assert (answer.status, answer.headers["Location"]) == (301, "https://portal.example.com/customers/")
    _is_hardened(answer)


def test_another_host_is_refused(production) -> None:
    for name in ("evil.example", "portal.example.com.evil.example", "portal.example.com@evil.example"):
        answer = production.ask("/accounts/login/", Host=name)
        assert answer.status == 400
        assert "evil.example" not in answer.text


def test_what_a_client_says_of_other_proxies_is_not_believed(production) -> None:
    answer = production.ask(
        "/customers/", X_Forwarded_Host="evil.example", Forwarded="host=evil.example", X_Original_URL="/people/"
    )

    assert answer.headers["Location"].startswith("/accounts/login/")
