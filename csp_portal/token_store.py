"""Tokens that all processes share: sealed in Redis, with this process's own memory in front."""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import orjson
import redis
from django.conf import settings

from csp_portal.microsoft.auth import Token
from csp_portal.secrets import Keyring, SecretError, keyring

logger = logging.getLogger(__name__)

PREFIX = "token|"
COMPLAIN_EVERY_SECONDS = 60.0
PRUNE_ABOVE = 20_000


class RedisTokenStore:
    """A microsoft.auth.TokenStore; a Redis that fails is a miss, never an error."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        self._redis = redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=2)
        self._clock = clock
        self._memory: dict[str, Token] = {}
        self._complained_at = 0.0

    def get_many(self, keys: Sequence[str]) -> dict[str, Token]:
        found = {key: token for key in keys if (token := self._memory.get(key)) and token.is_good_at(self._clock())}
        missing = [key for key in keys if key not in found]
        if missing:
            fetched = self._fetch(missing)
            self._memory.update(fetched)
            found |= fetched
        return found

    def put_many(self, tokens: Mapping[str, Token]) -> None:
        self._prune()
        self._memory.update(tokens)
        now, ring = self._clock(), keyring()
        lasting = {key: token for key, token in tokens.items() if token.expires_at > now + 1}
        if not lasting:
            return
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                for key, token in lasting.items():
                    sealed = _seal(token, key=key, ring=ring)
                    pipeline.set(PREFIX + key, sealed, ex=int(token.expires_at - now))
                pipeline.execute()
        except redis.RedisError as error:
            self._complain(error)

    def forget(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._memory.pop(key, None)
        if not keys:
            return
        try:
            self._redis.delete(*(PREFIX + key for key in keys))
        except redis.RedisError as error:
            self._complain(error)

    def forget_all_of(self, connection_key: str) -> None:
        """Drop every token of a connection (`Credential.key`); only who asks under its old name could find one."""
        mark = f"|{connection_key}|"
        self._memory = {key: token for key, token in list(self._memory.items()) if mark not in key}
        try:
            for key in self._redis.scan_iter(match=f"{PREFIX}*{mark}*", count=1000):
                self._redis.delete(key)
        except redis.RedisError as error:
            self._complain(error)

    def _fetch(self, keys: Sequence[str]) -> dict[str, Token]:
        try:
            answers = self._redis.mget([PREFIX + key for key in keys])
        except redis.RedisError as error:
            self._complain(error)
            return {}
        ring = keyring()
        found = zip(keys, answers, strict=True)
        tokens = {key: _unseal(sealed, key=key, ring=ring) for key, sealed in found if isinstance(sealed, bytes)}
        return {key: token for key, token in tokens.items() if token is not None}

    def _prune(self) -> None:
        """Forget what has expired before the memory grows with every customer that ever was."""
        if len(self._memory) > PRUNE_ABOVE:
            now = self._clock()
            self._memory = {key: token for key, token in list(self._memory.items()) if token.is_good_at(now)}

    def _complain(self, error: redis.RedisError) -> None:
        now = self._clock()
        if now - self._complained_at >= COMPLAIN_EVERY_SECONDS:
            self._complained_at = now
            logger.warning("Redis does not keep tokens now, so Microsoft is asked for more of them: %s", error)


_shared: dict[tuple[int, str], RedisTokenStore] = {}
_shared_lock = threading.Lock()


def shared_token_store() -> RedisTokenStore:
    """The process's one store; a forked child makes its own."""
    place = (os.getpid(), settings.REDIS_URL)
    store = _shared.get(place)
    if store is None:
        with _shared_lock:
            store = _shared.setdefault(place, RedisTokenStore(settings.REDIS_URL))
    return store


def _seal(token: Token, *, key: str, ring: Keyring) -> str:
    plain = orjson.dumps([token.value, token.expires_at]).decode()
    return ring.seal(plain, bound_to=PREFIX + key)


def _unseal(sealed: bytes, *, key: str, ring: Keyring) -> Token | None:
    """The token, or None where it was sealed under another key, altered, or moved here from another tenant."""
    try:
        value, expires_at = orjson.loads(ring.unseal(sealed.decode(), bound_to=PREFIX + key))
    except (SecretError, ValueError, TypeError):
        return None
    return Token(value=str(value), expires_at=float(expires_at))
