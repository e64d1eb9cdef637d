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
# One statement: the address is counted first, and whoever comes from an address that asks too often leaves no row.
_KEPT_OR_NEW = """
    ON CONFLICT (key) DO UPDATE SET
        times = CASE WHEN kept.until <= clock_timestamp() THEN 1 ELSE kept.times + 1 END,
        until = CASE WHEN kept.until <= clock_timestamp() THEN excluded.until ELSE kept.until END
    RETURNING times, until
"""
_COUNT = f"""
WITH address AS (
    INSERT INTO limits_count AS kept (key, until, times)
    VALUES (%(address)s, clock_timestamp() + %(window)s, 1) {_KEPT_OR_NEW}
), person AS (
    INSERT INTO limits_count AS kept (key, until, times)
    SELECT %(person)s, clock_timestamp() + %(window)s, 1 FROM address WHERE times <= %(most_of_address)s {_KEPT_OR_NEW}
)
SELECT ceil(extract(epoch FROM until - clock_timestamp()))::integer FROM (
    SELECT until FROM address WHERE times > %(most_of_address)s
    UNION ALL SELECT until FROM person WHERE times > %(most)s
) AS over
"""  # noqa: S608  # both parts are ours


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """So many times a minute for one person; for one address ADDRESS_FACTOR times as often."""

    name: str
    per_minute: int
    only_with: str = ""


def limited(name: str, *, per_minute: int, only_with: str = "") -> Callable[[ViewT], ViewT]:
    """Let one person ask for the view so often; LimitsMiddleware counts, outside of the view's transaction.

    Where only a part of what the address may ask for is costly, `only_with` names it: the rest is not counted.
    """

    def mark(view: ViewT) -> ViewT:
        cast(Any, view).rate = Rate(name=name, per_minute=per_minute, only_with=only_with)
        return view

    return mark


def rate_of(request: HttpRequest, view: Callable[..., Any]) -> Rate | None:
    """The API has one rate for all of it."""
    if request.path_info.startswith("/api/"):
        return Rate(name="api", per_minute=settings.API_REQUESTS_PER_MINUTE)
    rate = cast("Rate | None", getattr(view, "rate", None))
    return None if rate and rate.only_with and not request.GET.get(rate.only_with) else rate


def seconds_to_wait(request: HttpRequest, rate: Rate) -> int:
    """Count this request; 0 where it may go on, else the seconds until the next one may."""
    told: dict[str, str | int] = {
        "address": f"{rate.name}:{network_of(current_origin().address)}",
        "person": f"{rate.name}:{_principal(request)}",
        "window": f"{WINDOW_SECONDS} seconds",
        "most": rate.per_minute,
        "most_of_address": rate.per_minute * ADDRESS_FACTOR,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, told)
        over = cursor.fetchone()
    return max(1, over[0]) if over else 0


def forget_old_counts() -> None:
    Count.objects.filter(until__lt=Now() - timedelta(days=1)).delete()


def _principal(request: HttpRequest) -> str:
    """A person's number, or a token's hash; whoever is neither is known by the address.

    The person first: whoever is signed in would else be somebody new with each invented token.
    """
    if request.user.is_authenticated:
        return f"person {request.user.pk}"
    token = request.headers.get("Authorization", "")
    if token:
        return sha256(token.encode()).hexdigest()[:32]
    return f"nobody at {network_of(current_origin().address)}"


def network_of(address: str | None) -> str:
    """An IPv6 subscriber has a whole /64; whoever comes through a local socket shares one count."""
    if not address:
        return "local"
    found = ip_address(address)
    return str(IPv6Address(int(found) >> 64 << 64)) if isinstance(found, IPv6Address) else str(found)
