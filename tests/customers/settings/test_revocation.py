"""Everything of a connection is taken back in one act, and no token that was got before is used again."""

import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import connections
from django.utils import timezone

from csp_portal.audit.models import Entry
from csp_portal.microsoft.auth import Token
from csp_portal.microsoft.sandbox.world import World
from csp_portal.token_store import RedisTokenStore, shared_token_store
from customers.connections import Access
from customers.models import Connection, Feed
from health.poll import poll_feeds
from health.sweep import claim_now
from tests.health.private_portal import wait_until

MANY = 40
PLAIN = ("client_secret", "private_key", "refresh_token")


@pytest.fixture
def sandbox_world():
    """More customers than are read side by side."""
    return World(seed=1, tenants=MANY, clock=lambda: datetime.now(UTC))


@pytest.fixture
def address(connection):
    return f"/settings/connections/{connection.pk}/revoke/"


def revoke(client, address, name="Sandbox"):
    return client.post(address, {"name": name})


@pytest.fixture
def tokens(connection, settings, customers):
    """A token for each customer, in Redis and in the memories of two processes."""
    access = Access(connection)
    ids = [str(customer.tenant_id) for customer in customers]
    for tenant_id in ids:
        access.graph_token(tenant_id)
    access.keep()
    other = RedisTokenStore(settings.REDIS_URL)
    assert len(Access(connection, store=other).tokens_in_hand(ids)) == len(ids)
    return {"ids": ids, "other": other}


def test_every_secret_is_wiped_the_connection_paused_and_the_act_recorded(as_owner, connection, address):
    for secret in PLAIN:
        connection.seal_secret(secret, f"the {secret}")
    connection.save()

    assert revoke(as_owner, address).status_code == 302

    row = Connection.objects.get()
    assert {getattr(row, f"sealed_{secret}") for secret in PLAIN} == {""}
    assert (row.certificate, row.is_paused, row.token_epoch) == ("", True, 1)
    entry = Entry.objects.order_by("-number").first()
    assert (entry.action, entry.about_id) == ("connection.revoked", str(connection.pk))
    assert entry.before == {"had_secret": True, "had_certificate": False, "had_sign_in": True, "is_paused": False}


def test_another_name_revokes_nothing(as_owner, connection, address):
    page = revoke(as_owner, address, name="sandbox").content.decode()

    assert "Nothing was revoked" in page
    assert Connection.objects.get().sealed_client_secret


def test_only_an_owner_with_a_fresh_proof_revokes(signed_in, owner, access_admin, address):
    assert revoke(signed_in(owner, proofs=()), address).status_code == 403
    assert revoke(signed_in(access_admin), address).status_code == 403
    assert Connection.objects.get().sealed_client_secret


def test_the_page_says_what_to_do_in_entra(as_owner, connection, address):
    Connection.objects.update(cloud="global")

    page = as_owner.get(address).content.decode()
    blade = "Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId"
    assert f"https://entra.microsoft.com/#view/{blade}/{connection.client_id}" in page
    assert "Delete every client secret" in page


@pytest.mark.django_db(transaction=True)
def test_no_token_of_before_is_found_in_redis_or_in_any_memory(as_owner, connection, address, tokens, settings):
    revoke(as_owner, address)

    row = Connection.objects.get()
    row.seal_secret("client_secret", "a new one")
    for store in (shared_token_store(), tokens["other"]):
        assert Access(row, store=store).tokens_in_hand(tokens["ids"]) == {}
    scope = Access(row).cloud.graph_scope
    old_keys = [f"custom|{connection.token_key}|app|{tenant_id}|{scope}" for tenant_id in tokens["ids"]]
    assert RedisTokenStore(settings.REDIS_URL).get_many(old_keys) == {}
    assert len(tokens["other"].get_many(old_keys)) == len(old_keys)  # there still, but nobody asks by that name


def test_tokens_of_other_connections_stay(as_owner, connection, address, settings):
    store = RedisTokenStore(settings.REDIS_URL)
    key = "custom|another-connection.0|app|tenant|scope"
    store.put_many({key: Token(value="theirs", expires_at=time.time() + 1000)})

    store.forget_all_of(connection.token_key)

    assert RedisTokenStore(settings.REDIS_URL).get_many([key])[key].value == "theirs"


@pytest.mark.django_db(transaction=True)
def test_after_a_new_secret_every_tenant_is_asked_with_a_new_token(as_owner, address, tokens, sandbox):
    revoke(as_owner, address)
    sandbox.forget_requests()
    assert claim_now(Feed.objects.all()) == []
    row = Connection.objects.get()
    row.seal_secret("client_secret", sandbox.world.partner.client_secret)
    row.is_paused, row.revoked_at = False, None
    row.save()

    done = poll_feeds(claim_now(Feed.objects.all()), now=row.created_at)

    assert done.read == len(tokens["ids"])
    assert sandbox.counts["token"] == len(tokens["ids"])


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_batch_under_way_stops_within_seconds(as_owner, address, tokens, sandbox):
    """Its feeds were claimed and its good tokens loaded before; its threads send nothing more all the same."""
    for tenant in sandbox.world.tenants:
        tenant.slow_by = 4
    claims, revoked_at = claim_now(Feed.objects.all()), []
    sandbox.forget_requests()

    def revoke_under_way() -> None:
        wait_until(lambda: len(sandbox.requests_to("healthOverviews")) >= 5)
        revoke(as_owner, address)
        revoked_at.append(time.time())
        connections.close_all()

    hand = threading.Thread(target=revoke_under_way)
    hand.start()
    done = poll_feeds(claims, now=timezone.now())
    hand.join()

    asked = sandbox.requests_to("healthOverviews")
    print(f"{len(asked)} of {len(claims)} asked; the last {asked[-1].at - revoked_at[0]:+.1f} s after the revocation")
    assert len(asked) < len(claims)
    assert done.failed["PAUSED"] == len(claims) - len(asked)
    assert max(one.at for one in asked) <= revoked_at[0] + 5
