"""Wherever an address in a request says where to go next, it leads nowhere but into the portal."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from csp_portal.accounts.models import User

ELSEWHERE = (
    *("//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example"),
    *("/\\/evil.example", "https:evil.example", "https:/evil.example", "https://evil.example/", "http:///evil.example"),
    *("//evil.example\\@testserver", "https://testserver@evil.example/", "https://testserver.evil.example"),
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "\tjavascript:alert(1)"),
    *(
        "/\t/evil.example",
        "\t//evil.example",
        "/\n/evil.example",
        "\r\n//evil.example",
        "/\r\nLocation: //evil.example",
    ),
    *("//testserver@evil.example", "\u2044\u2044evil.example", "/\u0000/evil.example", "%2f%2fevil.example"),
    *("//%65vil.example", "https://[::1]evil.example", "//[evil"),
)


def _stays(answer) -> None:
    """The address that a browser would make of it: it takes \\ for / and leaves out tabs and line ends."""
    target = answer.headers.get("Location", "/")
    seen = target.replace("\\", "/").translate(dict.fromkeys(map(ord, "\t\r\n")))
    parts = urlsplit(seen)
    assert answer.status_code < 500
    assert parts.scheme in {"", "http"} and parts.netloc in {"", "testserver"}
    assert not seen.startswith("//")
    assert "\n" not in target and "\r" not in target


@pytest.mark.parametrize("address", ELSEWHERE, ids=ascii)
def test_after_sign_in(client: Client, viewer: User, address: str) -> None:
    known = {"login": "viewer@partner.example", "password": "correct horse battery"}

    _stays(client.post("/accounts/login/", {**known, "next": address}))
    _stays(client.post("/accounts/login/?next=x", {**known, "next": address}))
    _stays(client.get("/accounts/login/", {"next": address}))


@pytest.mark.parametrize("address", ELSEWHERE, ids=ascii)
def test_after_sign_out_and_after_choosing_a_language(as_viewer: Client, address: str) -> None:
    _stays(as_viewer.post("/language/", {"language": "en", "next": address}))
    _stays(as_viewer.post("/people/preferences/", {"theme": "DARK", "next": address}))
    _stays(as_viewer.post("/accounts/logout/", {"next": address}))


@pytest.mark.parametrize("address", ELSEWHERE, ids=ascii)
def test_after_a_fresh_proof_of_who_sits_there(as_viewer: Client, address: str) -> None:
    for path in ("/accounts/confirm/", "/accounts/confirm/done/", "/accounts/confirm/password/"):
        _stays(as_viewer.get(path, {"next": address}))
        answer = as_viewer.post(f"{path}?next=x", {"next": address, "password": "correct horse battery"})
        _stays(answer)
        shown = as_viewer.get(path, {"next": address}).content.decode()
        assert 'href="//' not in shown and 'href="javascript' not in shown.lower() and 'href="https:evil' not in shown


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver:80@evil.example"])
def test_a_forged_host_leads_nowhere(client: Client, db: None, host: str) -> None:
    answer = client.get("/customers", headers={"Host": host})

    assert answer.status_code == 400
    assert "Location" not in answer
