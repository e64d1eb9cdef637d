"""Tokens in Redis: shared, sealed, bound to their place, and never a reason to fail."""

import logging

import pytest
import redis
from django.conf import settings

from csp_portal.microsoft.auth import Token
from csp_portal.token_store import PREFIX, RedisTokenStore

NOW = 1_800_000_000.0
TOKEN = Token(value="secret-token", expires_at=NOW + 3600)


@pytest.fixture
def store():
    return RedisTokenStore(settings.REDIS_URL, clock=lambda: NOW)


@pytest.fixture
def raw():
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client
        client.delete(PREFIX + "a", PREFIX + "b")


def test_another_process_finds_the_token(store, raw):
    store.put_many({"a": TOKEN})
    assert RedisTokenStore(settings.REDIS_URL, clock=lambda: NOW).get_many(["a", "b"]) == {"a": TOKEN}


def test_redis_holds_nothing_readable_and_only_until_the_token_ends(store, raw):
    store.put_many({"a": TOKEN})
    assert b"secret-token" not in raw.get(PREFIX + "a")
    assert 3590 <= raw.ttl(PREFIX + "a") <= 3600


def test_a_token_copied_to_another_tenants_place_is_a_miss(store, raw):
    store.put_many({"a": TOKEN})
    raw.set(PREFIX + "b", raw.get(PREFIX + "a"))
    assert RedisTokenStore(settings.REDIS_URL, clock=lambda: NOW).get_many(["b"]) == {}


def test_rubbish_in_redis_is_a_miss(store, raw):
    raw.set(PREFIX + "a", b"1:rubbish")
    raw.set(PREFIX + "b", b"\xff\x00")
    assert store.get_many(["a", "b"]) == {}


def test_a_forgotten_token_is_gone_for_everyone(store, raw):
    store.put_many({"a": TOKEN})
    store.forget(["a"])
    assert store.get_many(["a"]) == {}
    assert raw.get(PREFIX + "a") is None


def test_a_flushed_redis_costs_nothing_while_this_process_lives(store, raw):
    store.put_many({"a": TOKEN})
    raw.delete(PREFIX + "a")
    assert store.get_many(["a"]) == {"a": TOKEN}


def test_without_redis_tokens_live_in_memory_and_the_log_says_so_once(caplog):
    store = RedisTokenStore("redis://127.0.0.1:1/0", clock=lambda: NOW)
    with caplog.at_level(logging.WARNING):
        assert store.get_many(["a"]) == {}
        store.put_many({"a": TOKEN})
        store.forget(["b"])
    assert store.get_many(["a"]) == {"a": TOKEN}
    assert len(caplog.records) == 1
