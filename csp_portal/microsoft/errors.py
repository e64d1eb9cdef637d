"""What can go wrong with Microsoft, sorted by what the caller should do about it."""

from enum import StrEnum


class Cause(StrEnum):
    """Why Microsoft will not let us read a tenant; each is a state of the customer with a sentence of its own."""

    CONSENT_MISSING = "CONSENT_MISSING"  # AADSTS65001, AADSTS500011, AADSTS900421: nobody consented to our app there
    APP_MISSING = "APP_MISSING"  # AADSTS700016: our app is not known in that tenant
    TENANT_NOT_FOUND = "TENANT_NOT_FOUND"  # AADSTS90002
    MFA_NEEDED = "MFA_NEEDED"  # AADSTS50076, AADSTS50079: the stored sign-in lacks the MFA claim
    SIGN_IN_EXPIRED = "SIGN_IN_EXPIRED"  # AADSTS700082, AADSTS50173, invalid_grant: an admin agent must consent again
    SECRET_WRONG = "SECRET_WRONG"  # noqa: S105 - AADSTS7000215
    SECRET_EXPIRED = "SECRET_EXPIRED"  # noqa: S105 - AADSTS7000222
    FORBIDDEN = "FORBIDDEN"  # HTTP 403: the permission or the GDAP role is missing
    TOKEN_REFUSED = "TOKEN_REFUSED"  # noqa: S105 - HTTP 401 with a fresh token
    NO_CONNECTION = "NO_CONNECTION"  # the customer has no connection of ours
    OTHER = "OTHER"


class MicrosoftError(Exception):
    """The base of the errors, five of every request and Conflict of writes; `detail` is for people who mend."""

    status: int | None = None  # of the answer, where one came

    def __init__(self, detail: str, *, correlation_id: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.correlation_id = correlation_id


class Throttled(MicrosoftError):
    """Microsoft answered 429 (or 503 with Retry-After): come back in `retry_after` seconds, not before."""

    def __init__(self, detail: str, *, retry_after: float, correlation_id: str = "") -> None:
        super().__init__(detail, correlation_id=correlation_id)
        self.retry_after = retry_after


class OverLimit(Throttled):
    """We have asked so much that Microsoft would soon refuse, so nothing was sent; there is room in `retry_after`."""

    def __init__(self, *, retry_after: float) -> None:
        super().__init__("The limit of requests is reached, so nothing was asked.", retry_after=retry_after)


class AccessDenied(MicrosoftError):
    """Microsoft will not let us in until a person acts; `code` is Microsoft's own (AADSTS65001, 403 …)."""

    def __init__(self, detail: str, *, cause: Cause, code: str = "", correlation_id: str = "") -> None:
        super().__init__(detail, correlation_id=correlation_id)
        self.cause = cause
        self.code = code


class Unavailable(MicrosoftError):
    """No usable answer came (5xx, timeout, connection reset, broken JSON): try again later with back-off."""


class Conflict(MicrosoftError):
    """Microsoft refused a write because the thing is not as we knew it (409, 412): read it anew, then decide again."""


class UnexpectedAnswer(MicrosoftError):
    """The answer came and breaks the contract (a next page on a foreign host, a missing field): a person must look."""


class TooLarge(UnexpectedAnswer):
    """The answer has more bytes than the caller wants, and was not read on."""


class Refused(UnexpectedAnswer):
    """Microsoft understood and says no (400, 404 …): nothing was changed, and asking so again is vain."""

    def __init__(self, detail: str, *, status: int, code: str = "", said: str = "", correlation_id: str = "") -> None:
        super().__init__(detail, correlation_id=correlation_id)
        self.status = status
        self.code = code
        self.said = said
