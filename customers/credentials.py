"""When our own credentials end: certificate, client secret and an admin agent's sign-in of each connection."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from cryptography.x509 import load_pem_x509_certificate
from django.utils.translation import gettext as _

from customers.models import Connection, ExpiryNotice

SOON = timedelta(days=30)
REFRESH_TOKEN_LASTS = timedelta(days=90)  # without use; learn.microsoft.com, entra/identity-platform/refresh-tokens
Kind = ExpiryNotice.Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Expiry:
    """One credential and its end; None where nobody told us, which is a warning of its own."""

    connection: Connection
    kind: Kind
    at: datetime | None

    def days_left(self, now: datetime) -> int | None:
        """Whole days until the end, negative after it."""
        return None if self.at is None else (self.at - now) // timedelta(days=1)

    def is_urgent(self, now: datetime) -> bool:
        return self.at is None or self.at <= now + SOON

    def sentence(self, now: datetime) -> str:
        words = {"name": self.connection.name, "what": self.kind.label}
        if self.at is None:
            return _("%(name)s: %(what)s ends on a day that nobody entered.") % words
        words["date"] = self.at.date().isoformat()
        if self.at <= now:
            return _("%(name)s: %(what)s ended on %(date)s.") % words
        return _("%(name)s: %(what)s ends on %(date)s.") % words


def expiries_of(connection: Connection) -> list[Expiry]:
    """What this connection signs in with, and until when."""
    found = []
    if connection.certificate:
        ends_at = load_pem_x509_certificate(connection.certificate.encode()).not_valid_after_utc
        found.append(Expiry(connection=connection, kind=Kind.CERTIFICATE, at=ends_at))
    elif connection.sealed_client_secret:
        day = connection.secret_expires_on
        at = None if day is None else datetime.combine(day, time(), UTC)
        found.append(Expiry(connection=connection, kind=Kind.SECRET, at=at))
    if connection.sealed_refresh_token and connection.refresh_token_at is not None:
        ends_at = connection.refresh_token_at + REFRESH_TOKEN_LASTS
        found.append(Expiry(connection=connection, kind=Kind.SIGN_IN, at=ends_at))
    return found


def urgent_expiries(connections: Iterable[Connection], *, now: datetime) -> list[Expiry]:
    """What ends within 30 days, has ended, or ends nobody knows when; the most urgent first."""
    found = [one for connection in connections for one in expiries_of(connection) if one.is_urgent(now)]
    return sorted(found, key=lambda one: (one.at is None, one.at or now, one.connection.name))
