"""How often costly things may be asked for: counted in PostgreSQL, so that an outage of Redis shuts nobody out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Any, TypeVar, cast

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.http import HttpRequest

from csp_portal.audit.origin import current_origin
from csp_portal.limits.models import Count

ViewT = TypeVar("ViewT", bound=Callable[..., Any])
ADDRESS_FACTOR = 10  # so many people may sit behind one address
WINDOW_SECONDS = 60
_COUNT = """
INSERT INTO limits_count AS kept (key, until, times) VALUES (%(key)s, clock_timestamp() + %(window)s, 1)
ON CONFLICT (key) DO UPDATE SET
    times = CASE WHEN kept.until <= clock_timestamp() THEN 1 ELSE kept.times + 1 END,
    until = CASE WHEN kept.until <= clock_timestamp() THEN excluded.until ELSE kept.until END
RETURNING times, ceil(extract(epoch FROM until - clock_timestamp()))::integer
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """So many times a minute for one person; for one address ADDRESS_FACTOR times as often."""

    name: str
    per_minute: int


def limited(name: str, *, per_minute: int) -> Callable[[ViewT], ViewT]:
    """Let one person ask for the view so often; LimitsMiddleware counts, outside of the view's transaction."""

    def mark(view: ViewT) -> ViewT:
        cast(Any, view).rate = Rate(name=name, per_minute=per_minute)
        return view

    return mark


def rate_of(request: HttpRequest, view: Callable[..., Any]) -> Rate | None:
    """The API has one rate for all of it."""
    if request.path_info.startswith("/api/"):
        return Rate(name="api", per_minute=settings.API_REQUESTS_PER_MINUTE)
    return cast("Rate | None", getattr(view, "rate", None))


def seconds_to_wait(request: HttpRequest, rate: Rate) -> int:
    """Count this request; 0 where it may go on, else the seconds until the next one may."""
    address = _network(current_origin().address)
    wait = _count(f"{rate.name}:{address}", most=rate.per_minute * ADDRESS_FACTOR) if address else 0
    return wait or _count(f"{rate.name}:{_principal(request)}", most=rate.per_minute)


def forget_old_counts() -> None:
    Count.objects.filter(until__lt=Now() - timedelta(days=1)).delete()


def _principal(request: HttpRequest) -> str:
    """A token's hash, or a person's number; whoever is neither is counted by address alone."""
    token = request.headers.get("Authorization", "")
    if token:
        return sha256(token.encode()).hexdigest()[:32]
    return f"person {request.user.pk}" if request.user.is_authenticated else "nobody"


def _network(address: str | None) -> str:
    """An IPv6 subscriber has a whole /64."""
    if not address:
        return ""
    found = ip_address(address)
    return str(IPv6Address(int(found) >> 64 << 64)) if isinstance(found, IPv6Address) else str(found)


def _count(key: str, *, most: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"key": key, "window": f"{WINDOW_SECONDS} seconds"})
        times, seconds = cursor.fetchone()
    return max(1, seconds) if times > most else 0
