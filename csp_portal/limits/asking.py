"""Counts what we ask Microsoft, all processes together in Redis, and says when there is room for one more."""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

# A leave is used within five seconds, and what was sent may be five seconds on its way: by this much the windows are
# longer than Microsoft's, so that no minute and no hour of theirs holds more than the limit.
LEAVE_SECONDS = 5.0
MINUTE, HOUR = 70, 3610
UNLIMITED = 0
SILENT_SECONDS = 30.0  # so long a Redis that failed is not asked again
_SINCE = "asked|since"

# A log is a list of moments, newest first: where the one at the place of the limit is older than the window, there is
# room. What Redis remembers no longer (it was flushed) may have been asked: for a window's length a quarter is given.
# Those for whom a connection has no room get moments one after another, so that they don't come back all at once.
_TAKE = """
    local clock = redis.call('TIME')
    local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
    local minute, hour, per_minute, per_hour = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
    local per_connection, is_certain = tonumber(ARGV[5]), ARGV[6] == '1'
    local since = tonumber(redis.call('GET', KEYS[1]) or false)
    if not since then
        since = now
        redis.call('SET', KEYS[1], now)
    end
    local function room_at(log, limit, window)
        if now - since < tonumber(window) then limit = math.ceil(limit / 4) end
        local oldest = redis.call('LINDEX', log, limit - 1)
        return oldest and oldest + window or 0
    end
    local function note(log, most, window)
        if redis.call('LPUSH', log, now) > most then redis.call('LTRIM', log, 0, most - 1) end
        redis.call('EXPIRE', log, window)
    end
    local waits = {}
    for place = 4, #KEYS do
        local tenant, at = KEYS[place], 0
        if tenant ~= '' then
            at = math.max(room_at(tenant, per_minute, minute), room_at(tenant, per_hour, hour))
        end
        if at <= now and per_connection > 0 then
            at = room_at(KEYS[2], per_connection, minute)
            if at > now and not is_certain then
                at = math.max(at, tonumber(redis.call('GET', KEYS[3]) or 0) + minute / per_connection)
                redis.call('SET', KEYS[3], at, 'PX', math.ceil((at - now) * 1000))
            end
        end
        if at <= now or is_certain then
            if tenant ~= '' then note(tenant, per_hour, hour) end
            if per_connection > 0 then note(KEYS[2], per_connection, minute) end
        end
        waits[#waits + 1] = tostring(math.max(0, at - now))
    end
    return waits
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """Who asks: an application at one Graph, through a connection that has a limit of its own or UNLIMITED."""

    app: str
    connection: str
    per_minute: int


class AskingLog:
    """A Redis that is down, or was flushed, holds nobody up: then the interval of the feeds is all that paces them."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis.Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=0.5)
        self._take = self._redis.register_script(_TAKE)
        self._clock = clock
        self._silent_until = 0.0

    def take(self, tenants: Sequence[str], *, asker: Asker, is_certain: bool = False) -> list[float]:
        """Seconds until each of these may be asked once, 0 for now: then it is counted as asked.

        A tenant "" is the partner's own, which only the connection's limit holds back. With `is_certain` all are
        counted, for they are asked in any case.
        """
        if not tenants or self._clock() < self._silent_until:
            return [0.0] * len(tenants)
        own = f"asked|{asker.app}|{asker.connection}"
        keys = [_SINCE, own, f"{own}|promised", *(f"asked|{asker.app}|{one}" if one else "" for one in tenants)]
        per_minute, per_hour = settings.TENANT_REQUESTS_PER_MINUTE, settings.TENANT_REQUESTS_PER_HOUR
        limits = [MINUTE, HOUR, per_minute, per_hour, asker.per_minute, int(is_certain)]
        try:
            return [float(seconds) for seconds in self._take(keys=keys, args=limits)]
        except redis.RedisError as error:
            self._silent_until = self._clock() + SILENT_SECONDS
            logger.warning("Redis does not count now, so requests are paced by their intervals alone: %s", error)
            return [0.0] * len(tenants)


_shared: dict[tuple[int, str], AskingLog] = {}
_shared_lock = threading.Lock()


def shared_asking_log() -> AskingLog:
    """The process's one log; a forked child makes its own."""
    place = (os.getpid(), settings.REDIS_URL)
    log = _shared.get(place)
    if log is None:
        with _shared_lock:
            log = _shared.setdefault(place, AskingLog(settings.REDIS_URL))
    return log
