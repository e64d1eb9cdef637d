"""Sign-in with Microsoft: what is asked, and which answers are refused."""

import hmac
import json
import logging
import time
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.utils import base64url_encode

from csp_portal.microsoft.errors import AccessDenied, Cause, UnexpectedAnswer
from csp_portal.microsoft.sign_in import SignInRefused, admin_consent_url, finish_sign_in, start_sign_in
from tests.microsoft.conftest import PARTNER, SECRET, as_json

pytestmark = pytest.mark.filterwarnings("ignore:response_mode=")  # pytest puts its own filters before ours

REDIRECT = "https://portal.test/accounts/microsoft/callback/"


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

    def finish(self, id_token=None):
        id_token = id_token or self.login.sign(
            {name: value for name, value in self.claims.items() if value is not None}
        )
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
    ("bent", "sentence"),
    [
        ({"tid": "99999999-9999-9999-9999-999999999999"}, "another organization"),
        ({"tid": None}, "another organization"),
        ({"aud": "another-app"}, "another application"),
        ({"aud": ["our-app", "another-app"]}, "another application"),
        ({"nonce": "another-nonce"}, "does not belong to the sign-in"),
        ({"nonce": None}, "does not belong to the sign-in"),
        ({"oid": ""}, "names no account"),
        ({"oid": None}, "names no account"),
        ({"iss": "https://evil.example/v2.0"}, "issued by somebody else"),
        ({"iss": None}, "issued by somebody else"),
        ({"exp": 1_000_000}, "has expired"),
        ({"exp": None}, "has expired"),
        ({"exp": "tomorrow"}, "has expired"),
        ({"nbf": 33_000_000_000}, "not valid yet"),
        ({"nbf": "tomorrow"}, "not valid yet"),
    ],
    ids=lambda bent: "-".join(f"{key}={value}" for key, value in bent.items()) if isinstance(bent, dict) else "",
)
def test_an_id_token_that_is_not_for_us_is_refused(attempt, bent, sentence):
    attempt.claims.update(bent)
    with pytest.raises(SignInRefused, match=sentence):
        attempt.finish()


class TestSignatures:
    """The token comes over TLS from Microsoft; a proxy that opens TLS, or a hole there, must not be enough."""

    def test_an_unsigned_token_is_refused(self, attempt):
        token = jwt.encode(attempt.claims, "", algorithm="none", headers={"kid": "first"})
        with pytest.raises(SignInRefused, match="not signed the way Microsoft signs"):
            attempt.finish(token)

    def test_a_token_signed_with_the_public_key_as_a_password_is_refused(self, attempt, login):
        public = login.keys["first"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        header = {"alg": "HS256", "kid": "first"}
        signed = b".".join(base64url_encode(json.dumps(part).encode()) for part in (header, attempt.claims))
        token = b".".join((signed, base64url_encode(hmac.digest(public, signed, "sha256")))).decode()
        with pytest.raises(SignInRefused, match="not signed the way Microsoft signs"):
            attempt.finish(token)

    def test_a_token_of_another_algorithm_with_the_right_key_is_refused(self, attempt, login):
        token = jwt.encode(attempt.claims, login.keys["first"], algorithm="RS512", headers={"kid": "first"})
        with pytest.raises(SignInRefused, match="not signed the way Microsoft signs"):
            attempt.finish(token)

    def test_a_foreign_key_under_a_published_name_is_refused(self, attempt, rsa_keys):
        token = jwt.encode(attempt.claims, rsa_keys[1], algorithm="RS256", headers={"kid": "first"})
        with pytest.raises(SignInRefused, match="signature of the sign-in is not Microsoft's"):
            attempt.finish(token)

    def test_a_key_that_was_never_published_is_refused(self, attempt, rsa_keys):
        token = jwt.encode(attempt.claims, rsa_keys[1], algorithm="RS256", headers={"kid": "second"})
        with pytest.raises(SignInRefused, match="a key that Microsoft does not publish"):
            attempt.finish(token)

    def test_changed_claims_under_an_old_signature_are_refused(self, attempt, login):
        head, _, signature = login.sign(attempt.claims).split(".")
        _, body, _ = login.sign({**attempt.claims, "oid": "the-owner"}).split(".")
        with pytest.raises(SignInRefused, match="signature of the sign-in is not Microsoft's"):
            attempt.finish(f"{head}.{body}.{signature}")

    @pytest.mark.parametrize("token", ["no-token", "a.b.c", "e30.W10.x", "..", "e30.bnVsbA.x"])
    def test_what_is_no_token_is_refused(self, attempt, token):
        with pytest.raises(SignInRefused):
            attempt.finish(token)

    def test_keys_are_read_once_for_many_sign_ins(self, login, http):
        for _ in range(3):
            Attempt(login, http).finish()
        assert len(login.key_requests) == 1

    def test_a_new_key_is_looked_for_once_and_then_known(self, login, http, rsa_keys):
        Attempt(login, http).finish()
        login.keys["second"] = rsa_keys[1]
        for _ in range(2):
            attempt = Attempt(login, http)
            attempt.finish(login.sign(attempt.claims, key_id="second"))
        assert len(login.key_requests) == 2

    def test_a_key_that_was_taken_back_is_forgotten_within_a_day(self, login, http, rsa_keys):
        now = time.time()
        http.clock = lambda: now
        Attempt(login, http).finish()
        login.keys = {"second": rsa_keys[1]}
        now += 86_401
        attempt = Attempt(login, http)
        attempt.claims["exp"] = now + 60
        old = jwt.encode(attempt.claims, rsa_keys[0], algorithm="RS256", headers={"kid": "first"})
        with pytest.raises(SignInRefused, match="a key that Microsoft does not publish"):
            attempt.finish(old)

    def test_keys_on_another_host_are_not_read(self, login, http, elsewhere):
        login.discovery_changes = {"jwks_uri": f"{elsewhere.url}/{PARTNER}/discovery/v2.0/keys"}
        with pytest.raises(UnexpectedAnswer, match="are not on"):
            Attempt(login, http).finish()
        assert elsewhere.seen == []

    def test_a_key_of_another_issuer_is_refused(self, login, http):
        login.key_issuer = "https://login.example/{tenantid}/v2.0"
        with pytest.raises(SignInRefused, match="issued by somebody else"):
            Attempt(login, http).finish()

    def test_a_key_for_every_tenant_is_good_for_ours(self, login, http):
        login.key_issuer = f"{login.server.url}/{{tenantid}}/v2.0"
        assert Attempt(login, http).finish().object_id == "ada-object-id"


class TestSecondFactor:
    def test_it_is_asked_for_as_a_method_where_no_context_is_set_up(self, attempt):
        assert json.loads(attempt.asked["claims"]) == {
            "id_token": {"amr": {"essential": True, "values": ["mfa"]}, "auth_time": None}
        }

    def test_it_is_asked_for_as_an_authentication_context(self, login, http):
        attempt = Attempt(login, http, context="c1")
        assert json.loads(attempt.asked["claims"]) == {
            "id_token": {"acrs": {"essential": True, "value": "c1"}, "auth_time": None}
        }

    @pytest.mark.parametrize(
        ("claims", "context", "is_proof"),
        [
            ({"amr": ["pwd", "mfa"]}, "", True),
            ({"amr": ["ngcmfa"]}, "", True),
            ({"amr": ["pwd"]}, "", False),
            ({"amr": ["pwd", "wiaormfa"]}, "", False),
            ({"amr": "pwd"}, "", False),
            ({"amr": None}, "", False),
            ({"amr": None, "acrs": ["c1"]}, "c1", True),
            ({"amr": None, "acrs": "p1,c1"}, "c1", True),
            ({"amr": None, "acrs": ["c2"]}, "c1", False),
            ({"amr": None, "acrs": "c11"}, "c1", False),
            ({"amr": None, "acrs": ["c1"]}, "", False),
            ({"amr": None, "acrs": [""]}, "", False),
        ],
    )
    def test_only_microsofts_own_word_is_a_proof(self, attempt, claims, context, is_proof):
        attempt.claims.update(claims)
        assert attempt.finish().proves_mfa(context=context) is is_proof


class TestStepUp:
    @pytest.fixture
    def step_up(self, login, http):
        attempt = Attempt(login, http, is_step_up=True)
        attempt.claims["auth_time"] = int(time.time())
        return attempt

    def test_the_person_has_to_sign_in_anew(self, step_up):
        asked = step_up.asked
        assert (asked["prompt"], asked["max_age"]) == ("login", "0")
        assert json.loads(asked["claims"])["id_token"]["auth_time"] == {"essential": True}
        assert step_up.finish().object_id == "ada-object-id"

    def test_a_sign_in_from_before_is_refused(self, step_up):
        step_up.claims["auth_time"] -= 60
        with pytest.raises(SignInRefused, match="older sign-in"):
            step_up.finish()

    @pytest.mark.parametrize("auth_time", [None, "now"])
    def test_without_a_moment_it_counts_as_nothing(self, step_up, auth_time):
        step_up.claims["auth_time"] = auth_time
        with pytest.raises(SignInRefused, match="does not say when you signed in"):
            step_up.finish()


class TestGroups:
    def test_groups_are_told_by_their_object_ids(self, attempt):
        attempt.claims["groups"] = ["g-1", "g-2"]
        person = attempt.finish()
        assert (person.groups, person.has_hidden_groups) == (("g-1", "g-2"), False)

    @pytest.mark.parametrize(
        "hidden", [{"_claim_names": {"groups": "src1"}}, {"hasgroups": True}, {"hasgroups": "true"}]
    )
    def test_more_groups_than_a_token_holds_are_known_to_be_hidden(self, attempt, hidden):
        attempt.claims.update(hidden)
        person = attempt.finish()
        assert (person.groups, person.has_hidden_groups) == ((), True)


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
