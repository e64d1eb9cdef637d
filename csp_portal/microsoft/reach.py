"""Whether a host of Microsoft's can be reached over trusted TLS, and what time it says; no token is sent."""

import email.utils
from dataclasses import dataclass
from datetime import datetime

from csp_portal.microsoft.http import Http, shared_http

TIMEOUT, DEADLINE_SECONDS = (5.0, 10.0), 15.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """An answer came, of whatever status; `says` is its Date header where it has one."""

    status: int
    says: datetime | None


def reach(origin: str, *, ca_bundle: str | None, http: Http | None = None) -> Reach:
    """Ask for the origin's root; raises Unavailable or, where the certificate is not trusted, UnexpectedAnswer."""
    reply = (http or shared_http()).wire.exchange(
        "GET", url=f"{origin}/", ca_bundle=ca_bundle, headers={}, timeout=TIMEOUT, deadline=DEADLINE_SECONDS
    )
    try:
        says = email.utils.parsedate_to_datetime(reply.headers.get("Date", ""))
    except (TypeError, ValueError):
        says = None
    return Reach(status=reply.status, says=says)
