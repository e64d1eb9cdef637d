"""Requests made to break the portal, and what its packaging must never carry along."""

import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from csp_portal.accounts.redirects import checked

ELSEWHERE = (
    *("//evil.example", "/\\evil.example", "https:evil.example", "/\t/evil.example", "\t//evil.example"),
    *("https://evil.example/", "///evil.example", "javascript:alert(1)", "http:///evil.example"),
)


@pytest.mark.parametrize(
    "path",
    [
        *("/issues/global/%00/", "/issues/%00/x/", "/issues/global/a%00b/customers.csv", "/api/v1/issues/global/%00/"),
        *("/people/me/tokens/%00/revoke/", "/accounts/password/reset/key/1-%00/", "/%00"),
    ],
)
def test_a_path_with_nul_is_answered_with_400(as_owner: Client, path: str) -> None:
    assert {as_owner.get(path).status_code, as_owner.post(path).status_code} == {400}


@pytest.mark.parametrize("address", ELSEWHERE)
def test_next_never_leads_to_another_site(as_viewer: Client, address: str) -> None:
    answer = as_viewer.post("/people/preferences/", {"language": "en", "next": address})

    assert answer["Location"] == settings.LOGIN_REDIRECT_URL


@pytest.mark.parametrize("word", ["abc", "health:dashboard", "..", ".", "?x=1"])
def test_next_that_is_no_path_leads_to_the_dashboard(client: Client, db: None, word: str) -> None:
    answer = client.post("/language/", {"language": "en", "next": word})

    assert answer["Location"] == settings.LOGIN_REDIRECT_URL


def test_next_within_the_portal_is_kept(rf: object) -> None:
    request = rf.get("/")  # type: ignore[attr-defined]  # pytest-django's RequestFactory
    assert checked("/customers/?state=unknown", request=request) == "/customers/?state=unknown"


def test_a_new_token_is_kept_in_no_cache(as_viewer: Client) -> None:
    answer = as_viewer.post("/people/me/tokens/new/", {"name": "report", "scopes": ["READ"], "days": "30"})

    assert "csp_" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", [".env", "secrets/secret_key", "secrets/portal_keys"])
def test_secrets_of_an_installation_get_neither_into_git_nor_into_the_image(path: str) -> None:
    ignored = subprocess.run(["git", "check-ignore", "-q", path], cwd=settings.BASE_DIR, check=False)
    left_out = Path(settings.BASE_DIR, ".dockerignore").read_text().split()

    assert ignored.returncode == 0
    assert path.partition("/")[0] in left_out
