"""Which error an answer is that is no good news, in Graph's words or in Partner Center's."""

import orjson

from csp_portal.microsoft.errors import (
    AccessDenied,
    Cause,
    Conflict,
    MicrosoftError,
    Refused,
    Throttled,
    Unavailable,
)
from csp_portal.microsoft.wire import Reply, retry_after_of


def error_of(reply: Reply, *, place: str, now: float, correlation_id: str) -> MicrosoftError:
    """Which of the errors a status that is no good news is; `place` begins with the method."""
    code, message = _said_by(reply.body)
    detail = f"{place} answered {reply.status} {code}: {message}"[:500]
    status = reply.status
    if status == 401:
        return AccessDenied(detail, cause=Cause.TOKEN_REFUSED, code=code or "401", correlation_id=correlation_id)
    if status == 403:
        return AccessDenied(detail, cause=Cause.FORBIDDEN, code=code or "403", correlation_id=correlation_id)
    if status == 429 or (status == 503 and "Retry-After" in reply.headers):
        return Throttled(detail, retry_after=retry_after_of(reply, now=now), correlation_id=correlation_id)
    if status in (409, 412):
        return Conflict(detail, correlation_id=correlation_id)
    if status == 408 or status >= 500:
        return Unavailable(detail, correlation_id=correlation_id)
    return Refused(detail, status=status, code=code, said=message[:300], correlation_id=correlation_id)


def _said_by(body: bytes) -> tuple[str, str]:
    """Code and message of an error body, in Graph's or Partner Center's shape; each one line, for they are logged.

    Without NUL, which PostgreSQL does not take: of a write that was sent, the answer must never be lost for it.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "", "no reason given"
    if not isinstance(document, dict):
        return "", "no reason given"
    error = document.get("error")
    if not isinstance(error, dict):
        error = document
    message = error.get("message") or error.get("description") or "no reason given"
    return _line(error.get("code") or ""), _line(message)


def _line(said: object) -> str:
    return " ".join(str(said).replace("\x00", "").split())
