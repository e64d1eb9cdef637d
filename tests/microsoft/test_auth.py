"""How tokens are asked for, kept, refused and never shown."""

import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from csp_portal.microsoft.aadsts import CAUSES, error_of
from csp_portal.microsoft.auth import MemoryTokenStore, Token, TokenSource
from csp_portal.microsoft.errors import AccessDenied, Cause, Throttled, Unavailable, UnexpectedAnswer
from csp_portal.microsoft.login import DiscoveryCache
from tests.microsoft.conftest import SECRET, as_json

SCOPE = "https://graph.test/.default"
CUSTOMER = "22222222-2222-2222-2222-222222222222"


@pytest.fixture
def store():
    return MemoryTokenStore()


@pytest.fixture
def source(login, http, store):
    # a cache of its own: the process's may know a server that an earlier test had at the same port
    return TokenSource(login.credential(), store=store, http=http, discovery=DiscoveryCache())


def refusal(code, *, error="invalid_request", status=400):
    text = f"AADSTS{code}: Something is wrong. Trace ID: x\r\nCorrelation ID: y"
    body = {"error": error, "error_description": text, "error_codes": [code], "correlation_id": "y"}
    return lambda tenant, request: as_json(body, status=status)


def test_an_app_token_is_asked_for_at_the_customers_tenant(source, login):
    token = source.app_token(CUSTOMER, scope=SCOPE)
    assert token.value == f"token-for-{CUSTOMER}"
    assert 3500 < token.expires_at - time.time() <= 3600
    (asked,) = login.token_requests
    assert asked.path == f"/{CUSTOMER}/oauth2/v2.0/token"
    assert asked.form["grant_type"] == "client_credentials"
    assert (asked.form["client_id"], asked.form["client_secret"], asked.form["scope"]) == ("our-app", SECRET, SCOPE)


def test_a_second_round_asks_for_no_token(source, login, http):
    for _ in range(3):
        source.app_token(CUSTOMER, scope=SCOPE)
    assert len(login.token_requests) == http.tokens_requested == 1


def test_discovery_is_read_once_for_many_tenants_and_threads(source, login):
    tenants = [f"tenant-{n}" for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda tenant: source.app_token(tenant, scope=SCOPE), tenants))
    assert [token.value for token in tokens] == [f"token-for-{tenant}" for tenant in tenants]
    assert len(login.discoveries) == 1
    assert sorted(seen.path for seen in login.token_requests) == sorted(f"/{t}/oauth2/v2.0/token" for t in tenants)


def test_discovery_is_shared_by_the_connections_of_a_process(login, http, store):
    for key in ("connection-1", "connection-2"):
        TokenSource(login.credential(key=key), store=store, http=http).app_token(CUSTOMER, scope=SCOPE)
    assert len(login.discoveries) <= 1  # none, where an earlier server had the same port
    assert len(login.token_requests) == 2


class CountingStore(MemoryTokenStore):
    def __init__(self):
        super().__init__()
        self.looks = 0

    def get_many(self, keys):
        self.looks += 1
        return super().get_many(keys)


def test_the_tokens_of_a_batch_are_fetched_with_one_look_and_only_if_they_last(login, http):
    store, now = CountingStore(), [1000.0]
    source = TokenSource(login.credential(), store=store, http=http, clock=lambda: now[0])
    source.app_token("early", scope=SCOPE)
    now[0] += 600
    source.app_token("late", scope=SCOPE)
    store.looks = 0
    assert set(source.tokens_in_hand(["early", "late", "never"], scope=SCOPE)) == {"early", "late"}
    assert store.looks == 1
    now[0] = 1000.0 + 3600 - 299
    assert set(source.tokens_in_hand(["early", "late"], scope=SCOPE)) == {"late"}


def test_tokens_of_other_scopes_connections_and_kinds_are_not_mixed(login, http, store):
    source = TokenSource(login.credential(), store=store, http=http)
    source.app_token(CUSTOMER, scope=SCOPE)
    other = TokenSource(login.credential(key="connection-2"), store=store, http=http)
    assert source.tokens_in_hand([CUSTOMER], scope=SCOPE)
    assert source.tokens_in_hand([CUSTOMER], scope="https://other.test/.default") == {}
    assert source.tokens_in_hand([CUSTOMER], scope=SCOPE, delegated=True) == {}
    assert other.tokens_in_hand([CUSTOMER], scope=SCOPE) == {}


def test_a_forgotten_token_is_asked_for_again(source, login):
    source.app_token(CUSTOMER, scope=SCOPE)
    source.forget([CUSTOMER], scope=SCOPE)
    source.app_token(CUSTOMER, scope=SCOPE)
    assert len(login.token_requests) == 2


def test_a_delegated_token_is_redeemed_at_the_customers_tenant_and_the_rotated_refresh_token_returned(source, login):
    login.reply = lambda tenant, request: as_json(
        {"token_type": "Bearer", "expires_in": 4000, "access_token": f"user-at-{tenant}", "refresh_token": "rt-2"}
    )
    token, rotated = source.delegated_token(CUSTOMER, scope=SCOPE, refresh_token="rt-1")
    assert (token.value, rotated) == (f"user-at-{CUSTOMER}", "rt-2")
    (asked,) = login.token_requests
    assert asked.path == f"/{CUSTOMER}/oauth2/v2.0/token"
    assert (asked.form["grant_type"], asked.form["refresh_token"]) == ("refresh_token", "rt-1")
    assert SCOPE in asked.form["scope"].split()
    assert source.delegated_token(CUSTOMER, scope=SCOPE, refresh_token="rt-2") == (token, None)
    assert source.tokens_in_hand([CUSTOMER], scope=SCOPE, delegated=True) == {CUSTOMER: token}
    assert len(login.token_requests) == 1


@pytest.mark.parametrize("sent_back", [{}, {"refresh_token": "rt-1"}])
def test_a_refresh_token_that_did_not_change_is_not_returned(source, login, sent_back):
    login.reply = lambda tenant, request: as_json({"expires_in": 4000, "access_token": "user", **sent_back})
    assert source.delegated_token(CUSTOMER, scope=SCOPE, refresh_token="rt-1")[1] is None


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (65001, Cause.CONSENT_MISSING),
        (500011, Cause.CONSENT_MISSING),
        (900421, Cause.CONSENT_MISSING),
        (700016, Cause.APP_MISSING),
        (90002, Cause.TENANT_NOT_FOUND),
        (50076, Cause.MFA_NEEDED),
        (50079, Cause.MFA_NEEDED),
        (700082, Cause.SIGN_IN_EXPIRED),
        (50173, Cause.SIGN_IN_EXPIRED),
        (7000215, Cause.SECRET_WRONG),
        (7000222, Cause.SECRET_EXPIRED),
        (1234567, Cause.OTHER),
    ],
)
def test_an_aadsts_code_becomes_a_cause(source, login, code, cause):
    login.reply = refusal(code)
    with pytest.raises(AccessDenied) as caught:
        source.app_token(CUSTOMER, scope=SCOPE)
    assert (caught.value.cause, caught.value.code) == (cause, f"AADSTS{code}")
    assert caught.value.correlation_id == "y"
    assert "Something is wrong." in caught.value.detail
    assert len(login.token_requests) == 1


def test_every_known_code_is_in_the_table_of_the_causes_once_named():
    named = {Cause.CONSENT_MISSING, Cause.APP_MISSING, Cause.TENANT_NOT_FOUND, Cause.MFA_NEEDED, Cause.SIGN_IN_EXPIRED}
    assert set(CAUSES.values()) == named | {Cause.SECRET_WRONG, Cause.SECRET_EXPIRED}


def test_a_code_in_the_text_alone_is_found(source, login):
    body = {"error": "invalid_client", "error_description": "AADSTS7000222: The secret has expired."}
    login.reply = lambda tenant, request: as_json(body, status=401)
    with pytest.raises(AccessDenied) as caught:
        source.app_token(CUSTOMER, scope=SCOPE)
    assert caught.value.cause is Cause.SECRET_EXPIRED


def test_an_invalid_grant_needs_a_new_sign_in_and_is_not_tried_again(source, login):
    login.reply = lambda tenant, request: as_json({"error": "invalid_grant", "error_description": "No."}, status=400)
    with pytest.raises(AccessDenied) as caught:
        source.delegated_token(CUSTOMER, scope=SCOPE, refresh_token="rt-1")
    assert (caught.value.cause, caught.value.code) == (Cause.SIGN_IN_EXPIRED, "invalid_grant")
    assert len(login.token_requests) == 1


def test_a_refusal_is_not_remembered_once_the_customer_has_consented(source, login):
    login.reply = refusal(65001)
    with pytest.raises(AccessDenied):
        source.app_token(CUSTOMER, scope=SCOPE)
    login.reply = None
    assert source.app_token(CUSTOMER, scope=SCOPE).value


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [(429, {"Retry-After": "17"}, 17), (429, {}, 30), (503, {"Retry-After": "9"}, 9)],
)
def test_a_throttled_token_endpoint_says_when_to_come_back(source, login, status, headers, seconds):
    login.reply = lambda tenant, request: as_json({}, status=status, headers=headers)
    with pytest.raises(Throttled) as caught:
        source.app_token(CUSTOMER, scope=SCOPE)
    assert caught.value.retry_after == seconds


def test_a_loop_of_requests_is_answered_by_waiting(source, login):
    login.reply = refusal(50196)
    with pytest.raises(Throttled):
        source.app_token(CUSTOMER, scope=SCOPE)


@pytest.mark.parametrize("reply", [refusal(90033), refusal(0, status=500), refusal(0, error="temporarily_unavailable")])
def test_a_trouble_that_passes_is_worth_another_try(source, login, reply):
    login.reply = reply
    with pytest.raises(Unavailable):
        source.app_token(CUSTOMER, scope=SCOPE)


def test_a_cut_off_token_answer_is_worth_another_try_and_not_logged(source, login, caplog):
    caplog.set_level(logging.DEBUG)
    login.reply = lambda tenant, request: _cut(as_json({"access_token": "precious", "expires_in": 3600}))
    with pytest.raises(Unavailable):
        source.app_token(CUSTOMER, scope=SCOPE)
    assert "precious" not in caplog.text


def _cut(response):
    response.set_data(response.get_data()[:-5])
    return response


def test_a_token_without_a_lifetime_is_for_a_person(source, login):
    login.reply = lambda tenant, request: as_json({"access_token": "x", "expires_in": "soon"})
    with pytest.raises(UnexpectedAnswer, match="expires_in"):
        source.app_token(CUSTOMER, scope=SCOPE)


def test_a_token_endpoint_on_another_host_gets_no_secret(source, login, elsewhere):
    login.discovery_changes = {"token_endpoint": f"{elsewhere.url}/{CUSTOMER}/oauth2/v2.0/token"}
    with pytest.raises(UnexpectedAnswer, match="No secret was sent"):
        source.app_token(CUSTOMER, scope=SCOPE)
    assert elsewhere.seen == []


def test_a_discovery_that_failed_is_asked_for_again(source, login):
    login.server.routes[f"/{CUSTOMER}/v2.0/.well-known/openid-configuration"] = lambda request: refusal(90002)(
        "", request
    )
    with pytest.raises(AccessDenied) as caught:
        source.app_token(CUSTOMER, scope=SCOPE)
    assert caught.value.cause is Cause.TENANT_NOT_FOUND
    assert source.app_token("another-tenant", scope=SCOPE).value == "token-for-another-tenant"


@pytest.mark.parametrize("tenant", ["", "<guid>", "../evil", "a/b", "a?b"])
def test_a_tenant_id_that_is_none_is_not_sent(source, login, tenant):
    with pytest.raises(AccessDenied) as caught:
        source.app_token(tenant, scope=SCOPE)
    assert caught.value.cause is Cause.TENANT_NOT_FOUND
    assert login.server.seen == []


def test_no_secret_is_in_a_repr(login):
    shown = repr(login.credential(private_key_pem="PRIVATE KEY", certificate_pem="CERTIFICATE")) + repr(
        Token(value="at-1", expires_at=1.0)
    )
    assert not re.search(f"{re.escape(SECRET)}|PRIVATE KEY|CERTIFICATE|at-1", shown)


def test_no_secret_and_no_token_is_in_the_log_or_in_an_error(source, login, caplog):
    caplog.set_level(logging.DEBUG)
    secrets = [SECRET, "rt-first", "rt-second", "at-first", f"token-for-{CUSTOMER}"]
    source.app_token(CUSTOMER, scope=SCOPE)
    login.reply = lambda tenant, request: as_json(
        {"expires_in": 4000, "access_token": "at-first", "refresh_token": "rt-second"}
    )
    source.delegated_token(CUSTOMER, scope=SCOPE, refresh_token="rt-first")
    login.reply = refusal(7000215)
    with pytest.raises(AccessDenied) as caught:
        source.delegated_token("another", scope=SCOPE, refresh_token="rt-first")
    said = caplog.text + repr(caught.value) + caught.value.detail
    assert "AADSTS7000215" in caplog.text
    assert [secret for secret in secrets if secret in said] == []


def test_what_the_sign_in_service_says_can_be_stored():
    said = {
        "error": "invalid_grant",
        "error_description": "AADSTS65001: No\x00body consented.\r\nTrace",
        "error_codes": [],
    }

    assert str(error_of(said)).endswith("(invalid_grant): AADSTS65001: Nobody consented.")
