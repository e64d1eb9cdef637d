"""Every address of the portal refuses the anonymous and says what it asks of a person; a new one can't be forgotten."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from csp_portal.accounts.rights import Capability

# Whoever is not signed in may see these and no others.
OPEN_TO_ALL = {
    "/healthz",
    "/language/",
    "/customers/consented/",
    "/readyz",
    "/accounts/login/",
    "/accounts/login/passkey/",
    "/accounts/login/second/",
    "/accounts/logout/",  # leads on to the sign-in page
    "/accounts/inactive/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/word-word/",
    "/accounts/password/reset/key/done/",
    "/people/microsoft/<uuid>/start/",  # lead to Microsoft, or back to the sign-in page
    "/people/microsoft/callback/",
    "/setup/word/",  # nothing, but with the token that the console printed
}
# For everybody who is signed in, whatever the role: their own things, and how old what they see may be.
OPEN_TO_THE_SIGNED_IN = {
    "/accounts/confirm/",
    "/accounts/confirm/done/",
    "/accounts/confirm/code/",
    "/accounts/confirm/passkey/",
    "/accounts/confirm/password/",
    "/accounts/confirm/role/",
    "/accounts/security/",
    "/accounts/security/app/add/",
    "/accounts/security/app/remove/",
    "/accounts/security/codes/",
    "/accounts/security/codes/new/",
    "/accounts/security/passkeys/1/name/",
    "/accounts/security/passkeys/1/remove/",
    "/accounts/security/passkeys/add/",
    "/accounts/security/sessions/end/",
    "/accounts/security/sessions/word/end/",
    "/accounts/password/change/",
    "/accounts/password/set/",
    "/people/me/",
    "/people/no-access/",
    "/people/preferences/",
    "/system/banner/",
}

A_UUID = str(uuid4())
SAMPLES = ("word", "1", "word/word", A_UUID)


def _patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        path = prefix + _plain(str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from _patterns(entry, path)
        else:
            yield path, entry


def _plain(pattern: str) -> str:
    """An address that the pattern matches, with <uuid> where any UUID would do."""
    pattern = re.sub(r"\(\?P<\w+>((?:[^()]|\([^()]*\))*)\)", lambda match: _sample(match[1]), pattern)
    pattern = re.sub(r"<uuid:\w+>", "<uuid>", pattern)
    pattern = re.sub(r"<int:\w+>", "1", pattern)
    pattern = re.sub(r"<(?!uuid>)(\w+:)?\w+>", "word", pattern)
    return pattern.lstrip("^").removesuffix("$").removesuffix("\\Z").replace("\\.", ".")


def _sample(expression: str) -> str:
    found = next((s for s in SAMPLES if re.fullmatch(expression, s)), None)
    assert found, f"add a sample that {expression} matches"
    return "<uuid>" if found == A_UUID else found


ROUTES = dict(_patterns(get_resolver()))


def _capability(view: object) -> object:
    for part in (view, getattr(view, "cls", None), getattr(view, "view_class", None)):
        if getattr(part, "capability", None):
            return part.capability
    return None


@pytest.mark.parametrize("path", sorted(set(ROUTES) - OPEN_TO_ALL))
def test_the_anonymous_are_refused(path: str, db: None) -> None:
    address = path.replace("<uuid>", A_UUID)
    for method in ("get", "post"):
        answer = getattr(Client(), method)(address)
        to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
        assert to_sign_in or answer.status_code in (401, 403), f"{method} {address}: {answer.status_code}"


@pytest.mark.parametrize("path", sorted(set(ROUTES) - OPEN_TO_ALL - OPEN_TO_THE_SIGNED_IN))
def test_every_view_says_what_it_asks_of_a_person(path: str) -> None:
    assert _capability(ROUTES[path].callback) in set(Capability)


@pytest.mark.parametrize("path", sorted(set(ROUTES) - OPEN_TO_ALL - OPEN_TO_THE_SIGNED_IN))
def test_somebody_without_a_role_is_refused_everywhere(path: str, as_nobody: Client) -> None:
    address = path.replace("<uuid>", A_UUID)

    assert {as_nobody.get(address).status_code, as_nobody.post(address).status_code} <= {403, 405}


def test_the_lists_above_name_only_addresses_that_exist() -> None:
    assert set(ROUTES) >= OPEN_TO_ALL | OPEN_TO_THE_SIGNED_IN
