"""Limits on guessing, counted in PostgreSQL in one statement each: no crowd of processes or addresses slips by."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """So many tries within any 15 minutes."""

    name: str
    tries: int


PASSWORD = Limit(name="password", tries=10)  # of one account, from wherever
CODE = Limit(name="code", tries=10)  # of the authenticator app or the recovery codes, of one account
RESET = Limit(name="reset", tries=3)  # mails to one account
ADDRESS = Limit(name="address", tries=100)  # passwords from one address, or one /64 of IPv6, whoever is meant

# The tries of the window that is open stay; a try beyond the limit is refused and not counted.
_TAKE = """
INSERT INTO accounts_throttle AS kept (key, tries, last_try_at, is_allowed)
VALUES (%(key)s, ARRAY[%(now)s::timestamptz], %(now)s, true)
ON CONFLICT (key) DO UPDATE SET
    tries = ARRAY(SELECT one FROM unnest(kept.tries) AS one WHERE one > %(since)s ORDER BY one)
        || CASE WHEN (SELECT count(*) FROM unnest(kept.tries) AS one WHERE one > %(since)s) < %(limit)s
           THEN ARRAY[%(now)s::timestamptz] ELSE ARRAY[]::timestamptz[] END,
    last_try_at = %(now)s,
    is_allowed = (SELECT count(*) FROM unnest(kept.tries) AS one WHERE one > %(since)s) < %(limit)s
RETURNING is_allowed
"""
_GIVE_BACK = "UPDATE accounts_throttle SET tries = array_remove(tries, %(now)s::timestamptz) WHERE key = %(key)s"
_FORGET = "DELETE FROM accounts_throttle WHERE last_try_at < %(since)s"


def take_try(limit: Limit, who: str, *, now: datetime) -> bool:
    """Count a try before anything is compared; False where there were too many, and then nothing may be compared."""
    facts: dict[str, str | int | datetime] = {
        "key": _key(limit, who),
        "now": now,
        "since": now - WINDOW,
        "limit": limit.tries,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, facts)
        return bool(cursor.fetchone()[0])


def give_back(limit: Limit, who: str, *, now: datetime) -> None:
    """The try of this moment was right: it is not held against the person."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"key": _key(limit, who), "now": now})


def forget_old_tries(*, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"since": now - WINDOW})


def _key(limit: Limit, who: str) -> str:
    """Of fixed length and without names: whatever is typed as an address is counted, and no list of it is kept."""
    return hashlib.sha256(f"{limit.name}:{who.strip().lower()}".encode(errors="replace")).hexdigest()
