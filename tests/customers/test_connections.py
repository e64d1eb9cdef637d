"""A connection's tokens: drawn from the store, new ones kept at the end, a rotated refresh token under its lock."""

import base64

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from csp_portal.microsoft.auth import MemoryTokenStore
from csp_portal.microsoft.errors import AccessDenied, Cause
from customers.connections import Access, credential_of
from customers.models import Connection
from tests.customers.consent import consent


def token_requests(sandbox):
    return sandbox.requests_to("/oauth2/v2.0/token")


def test_new_tokens_reach_the_store_only_when_the_batch_is_kept(connection, sandbox_world):
    store = MemoryTokenStore()
    tenant_ids = [t.tenant_id for t in sandbox_world.tenants[:3]]
    access = Access(connection, store=store)
    assert access.tokens_in_hand(tenant_ids) == {}
    drawn = {t: access.graph_token(t) for t in tenant_ids}
    assert Access(connection, store=store).tokens_in_hand(tenant_ids) == {}
    access.keep()
    assert Access(connection, store=store).tokens_in_hand(tenant_ids) == drawn


def test_a_kept_partner_token_is_not_asked_for_again(connection, sandbox):
    store = MemoryTokenStore()
    first = Access(connection, store=store)
    token = first.partner_token(first.cloud.graph_scope)
    first.keep()
    before = len(token_requests(sandbox))
    assert Access(connection, store=store).partner_token(first.cloud.graph_scope) == token
    assert len(token_requests(sandbox)) == before


def test_forgotten_tokens_are_asked_for_anew(connection, sandbox_world):
    store = MemoryTokenStore()
    tenant_id = sandbox_world.tenants[0].tenant_id
    access = Access(connection, store=store)
    access.graph_token(tenant_id)
    access.keep()
    access.forget([tenant_id])
    assert access.tokens_in_hand([tenant_id]) == {}


def test_missing_consent_is_a_cause_a_person_understands(connection, sandbox_world):
    sandbox_world.tenants[0].consent_missing = True
    with pytest.raises(AccessDenied) as refused:
        Access(connection).graph_token(sandbox_world.tenants[0].tenant_id)
    assert refused.value.cause is Cause.CONSENT_MISSING


def test_a_secret_whose_key_is_gone_says_what_to_do(connection, settings, tmp_path):
    (tmp_path / "keys").write_text("other:" + base64.b64encode(AESGCM.generate_key(256)).decode())
    settings.PORTAL_KEYS_FILE = str(tmp_path / "keys")
    with pytest.raises(AccessDenied, match="Restore the keys file") as refused:
        credential_of(connection)
    assert refused.value.cause is Cause.SECRET_WRONG


def test_a_cloud_that_settings_do_not_describe_is_named(connection, settings):
    settings.MICROSOFT_CLOUDS = {}
    with pytest.raises(AccessDenied, match="MICROSOFT_LOGIN_URL"):
        credential_of(connection)


def test_the_credential_never_shows_its_secret(connection, sandbox_world):
    assert sandbox_world.partner.client_secret not in repr(credential_of(connection))


class TestSecureApplicationModel:
    @pytest.fixture
    def consented(self, connection, sandbox, sandbox_world):
        return consent(connection, sandbox=sandbox, person=sandbox_world.partner.people[0])

    def test_a_rotated_refresh_token_is_stored_sealed(self, consented, sandbox_world):
        before = consented.open_secret("refresh_token")
        access = Access(consented, store=MemoryTokenStore())
        access.graph_token(sandbox_world.tenants[0].tenant_id)
        access.keep()
        consented.refresh_from_db()
        after = consented.open_secret("refresh_token")
        assert after != before
        assert after not in consented.sealed_refresh_token
        assert consented.refresh_token_at is not None

    def test_a_new_consent_made_meanwhile_is_not_overwritten(self, consented, sandbox_world):
        access = Access(consented, store=MemoryTokenStore())
        access.graph_token(sandbox_world.tenants[0].tenant_id)
        newer = Connection.objects.get(pk=consented.pk)
        newer.seal_secret("refresh_token", "consented-again")
        newer.save()
        access.keep()
        newer.refresh_from_db()
        assert newer.open_secret("refresh_token") == "consented-again"

    def test_without_consent_the_sentence_asks_for_it(self, connection, sandbox_world):
        connection.auth_model = Connection.AuthModel.SECURE_APP_MODEL
        with pytest.raises(AccessDenied) as refused:
            Access(connection).graph_token(sandbox_world.tenants[0].tenant_id)
        assert refused.value.cause is Cause.SIGN_IN_EXPIRED
