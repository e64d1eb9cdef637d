"""Sign-in with Microsoft: what is asked, and which answers are refused."""

import json
import logging
import time
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from csp_portal.microsoft.errors import AccessDenied, Cause
from csp_portal.microsoft.sign_in import SignInRefused, admin_consent_url, finish_sign_in, start_sign_in
from tests.microsoft.conftest import PARTNER, SECRET, as_json

pytestmark = pytest.mark.filterwarnings("ignore:response_mode=")  # pytest puts its own filters before ours

REDIRECT = "https://portal.test/accounts/microsoft/callback/"
SIGNING_KEY = "only the shape of the token matters here"


class Attempt:
    """One sign-in of Ada, whose id token a test may bend."""

    def __init__(self, login, http, **options):
        self.login, self.http = login, http
        self.url, flow = start_sign_in(login.credential(), redirect_uri=REDIRECT, http=http, **options)
        self.flow = json.loads(json.dumps(flow))  # it has to survive the session
        self.asked = {key: values[0] for key, values in parse_qs(urlsplit(self.url).query).items()}
        self.claims = {
            "iss": f"{login.server.url}/{PARTNER}/v2.0",
            "aud": "our-app",
            "tid": PARTNER,
            "oid": "ada-object-id",
            "sub": "pairwise",
            "exp": int(time.time()) + 3600,
            "nonce": self.asked["nonce"],
            "name": "Ada Lovelace",
            "preferred_username": "ada@partner.test",
            "roles": ["Portal.Owner"],
            "amr": ["pwd", "mfa"],
        }
        self.answer = {"code": "the-code", "state": self.asked["state"]}
        self.extra = {}

    def finish(self):
        id_token = jwt.encode(self.claims, SIGNING_KEY)
        body = {"access_token": "at-1", "expires_in": 3600, "id_token": id_token, **self.extra}
        self.login.reply = lambda tenant, request: as_json(body)
        return finish_sign_in(self.login.credential(), flow=self.flow, answer=self.answer, http=self.http)


@pytest.fixture
def attempt(login, http):
    return Attempt(login, http)


def test_staff_are_sent_to_their_own_tenant_with_pkce_state_and_nonce(attempt, login):
    assert attempt.url.startswith(f"{login.server.url}/{PARTNER}/oauth2/v2.0/authorize?")
    asked = attempt.asked
    assert (asked["response_type"], asked["response_mode"], asked["redirect_uri"]) == ("code", "query", REDIRECT)
    assert asked["code_challenge_method"] == "S256"
    assert asked["code_challenge"] and asked["state"] and asked["nonce"]
    assert set(asked["scope"].split()) == {"openid", "profile"}
    assert SECRET not in attempt.url


def test_who_signed_in_is_told_by_tenant_and_object_id(attempt, login):
    person = attempt.finish()
    assert (person.tenant_id, person.object_id) == (PARTNER, "ada-object-id")
    assert (person.name, person.email) == ("Ada Lovelace", "ada@partner.test")
    assert (person.roles, person.methods) == (("Portal.Owner",), ("pwd", "mfa"))
    assert person.refresh_token is None
    (asked,) = login.token_requests
    assert asked.form["grant_type"] == "authorization_code"
    assert (asked.form["code"], asked.form["redirect_uri"]) == ("the-code", REDIRECT)
    assert asked.form["code_verifier"] == attempt.flow["code_verifier"]


def test_the_consent_of_an_admin_agent_brings_a_refresh_token(login, http):
    attempt = Attempt(login, http, extra_scopes=[login.server.cloud().graph_scope])
    assert set(attempt.asked["scope"].split()) == {
        "openid",
        "profile",
        "offline_access",
        login.server.cloud().graph_scope,
    }
    attempt.extra = {"refresh_token": "rt-1"}
    person = attempt.finish()
    assert person.refresh_token == "rt-1"
    assert "rt-1" not in repr(person)


@pytest.mark.parametrize(
    "bent",
    [
        {"tid": "99999999-9999-9999-9999-999999999999"},
        {"tid": None},
        {"aud": "another-app"},
        {"nonce": "another-nonce"},
        {"oid": ""},
        {"iss": "https://evil.example/v2.0"},
        {"exp": 1_000_000},
        {"exp": None},
    ],
    ids=lambda bent: "-".join(f"{key}={value}" for key, value in bent.items()),
)
def test_an_id_token_that_is_not_for_us_is_refused(attempt, bent):
    attempt.claims.update(bent)
    with pytest.raises(SignInRefused):
        attempt.finish()


@pytest.mark.parametrize("answer", [{"code": "c", "state": "forged"}, {"code": "c"}, {}])
def test_an_answer_to_another_sign_in_is_refused_before_the_code_is_used(attempt, login, answer):
    attempt.answer = answer
    with pytest.raises(SignInRefused):
        attempt.finish()
    assert login.token_requests == []


def test_an_empty_flow_is_refused(login, http):
    with pytest.raises(SignInRefused):
        finish_sign_in(login.credential(), flow={}, answer={"code": "c"}, http=http)
    assert login.token_requests == []


def test_a_missing_id_token_is_refused(attempt, login):
    login.reply = lambda tenant, request: as_json({"access_token": "at", "expires_in": 3600})
    with pytest.raises(SignInRefused):
        finish_sign_in(login.credential(), flow=attempt.flow, answer=attempt.answer, http=attempt.http)


def test_a_person_who_cancels_is_told_so_with_microsofts_code(attempt, login):
    text = "AADSTS65004: User declined to consent."
    attempt.answer = {"error": "access_denied", "error_description": text, "state": attempt.asked["state"]}
    with pytest.raises(AccessDenied) as caught:
        attempt.finish()
    assert caught.value.code == "AADSTS65004"
    assert login.token_requests == []


def test_a_cancellation_without_a_code_is_another_cause(attempt):
    attempt.answer = {"error": "access_denied", "state": attempt.asked["state"]}
    with pytest.raises(AccessDenied) as caught:
        attempt.finish()
    assert (caught.value.cause, caught.value.code) == (Cause.OTHER, "access_denied")


def test_a_code_that_was_used_before_is_a_refusal_by_microsoft(attempt, login):
    body = {"error": "invalid_grant", "error_description": "AADSTS54005: Already redeemed.", "error_codes": [54005]}
    login.reply = lambda tenant, request: as_json(body, status=400)
    with pytest.raises(AccessDenied) as caught:
        finish_sign_in(login.credential(), flow=attempt.flow, answer=attempt.answer, http=attempt.http)
    assert caught.value.code == "AADSTS54005"


def test_nothing_secret_of_a_sign_in_is_logged(login, http, caplog):
    caplog.set_level(logging.DEBUG)
    attempt = Attempt(login, http, extra_scopes=[login.server.cloud().graph_scope])
    attempt.extra = {"refresh_token": "rt-1"}
    attempt.finish()
    secrets = [SECRET, "the-code", "rt-1", "at-1", attempt.flow["code_verifier"]]
    assert [secret for secret in secrets if secret in caplog.text] == []


def test_the_consent_page_of_a_customer_is_in_the_customers_tenant(login):
    url = admin_consent_url(
        login.server.cloud(), client_id="our-app", tenant_id="customer-1", redirect_uri=REDIRECT, state="s&1"
    )
    assert url.startswith(f"{login.server.url}/customer-1/adminconsent?client_id=our-app&")
    assert parse_qs(urlsplit(url).query)["state"] == ["s&1"]
