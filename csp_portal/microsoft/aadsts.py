"""What the AADSTS codes of Microsoft's token endpoint mean for us."""

import re
from collections.abc import Mapping
from typing import Any

from csp_portal.microsoft.errors import AccessDenied, Cause, MicrosoftError, Throttled, Unavailable
from csp_portal.microsoft.fields import text

LOOP_PAUSE_SECONDS = 300.0
_CODE = re.compile(r"AADSTS(\d+)")

# learn.microsoft.com/entra/identity-platform/reference-error-codes; codes come and go, so an unheard-of one is OTHER.
CAUSES: Mapping[int, Cause] = {
    65001: Cause.CONSENT_MISSING,  # nobody consented to our app in that tenant
    65004: Cause.CONSENT_MISSING,  # the person declined
    90094: Cause.CONSENT_MISSING,  # an administrator has to consent
    500011: Cause.CONSENT_MISSING,  # the resource has no service principal in that tenant
    650057: Cause.CONSENT_MISSING,  # the app does not ask for this resource
    900421: Cause.CONSENT_MISSING,
    700016: Cause.APP_MISSING,  # our app is not known in that tenant
    7000112: Cause.APP_MISSING,  # our app is disabled there
    7000229: Cause.APP_MISSING,  # our app has no service principal there
    90002: Cause.TENANT_NOT_FOUND,
    900023: Cause.TENANT_NOT_FOUND,  # neither a tenant id nor a domain name
    50072: Cause.MFA_NEEDED,
    50074: Cause.MFA_NEEDED,
    50076: Cause.MFA_NEEDED,
    50079: Cause.MFA_NEEDED,
    50158: Cause.MFA_NEEDED,  # an external security challenge
    50057: Cause.SIGN_IN_EXPIRED,  # the person's account is disabled
    50132: Cause.SIGN_IN_EXPIRED,  # the session was revoked
    50133: Cause.SIGN_IN_EXPIRED,  # the password changed
    50173: Cause.SIGN_IN_EXPIRED,  # the grant was revoked: a fresh token is needed
    70000: Cause.SIGN_IN_EXPIRED,  # the refresh token is not valid
    70008: Cause.SIGN_IN_EXPIRED,  # expired through inactivity
    70043: Cause.SIGN_IN_EXPIRED,  # expired by sign-in frequency
    700082: Cause.SIGN_IN_EXPIRED,  # expired through 90 days of inactivity
    700084: Cause.SIGN_IN_EXPIRED,
    7000215: Cause.SECRET_WRONG,
    7000218: Cause.SECRET_WRONG,  # neither secret nor assertion arrived
    700027: Cause.SECRET_WRONG,  # the assertion is signed with a certificate the app does not know
    50013: Cause.SECRET_WRONG,  # the assertion's signature is not its issuer's
    50027: Cause.SECRET_WRONG,  # the assertion is no JWT
    70021: Cause.SECRET_WRONG,  # no federated credential of the app matches the assertion
    700211: Cause.SECRET_WRONG,  # … its issuer
    700212: Cause.SECRET_WRONG,  # … its audience
    700213: Cause.SECRET_WRONG,  # … its subject
    700024: Cause.SECRET_EXPIRED,  # the assertion is not valid at this time
    1000502: Cause.SECRET_EXPIRED,  # the certificate is not valid at this time
    7000222: Cause.SECRET_EXPIRED,
}
# The stored sign-in itself is worth nothing any more, in whichever tenant it is shown; only a new consent mends that.
# AADSTS70043 is not among them: a customer's own sign-in frequency.
DEAD_GRANTS = frozenset(f"AADSTS{code}" for code in (50132, 50133, 50173, 70000, 70008, 700082, 700084))
_TRANSIENT = frozenset({90006, 90024, 90033, 90100})
_REQUEST_LOOP = 50196
_CAUSES_BY_ERROR: Mapping[str, Cause] = {
    "invalid_grant": Cause.SIGN_IN_EXPIRED,
    "interaction_required": Cause.MFA_NEEDED,
    "consent_required": Cause.CONSENT_MISSING,
    "invalid_client": Cause.SECRET_WRONG,
}


def codes_of(answer: Mapping[str, Any]) -> tuple[int, ...]:
    """The AADSTS numbers of an error answer, from its list or, where that is missing, from its text."""
    listed = answer.get("error_codes")
    if isinstance(listed, list) and listed:
        return tuple(int(code) for code in listed if str(code).isdigit())
    return tuple(int(code) for code in _CODE.findall(str(answer.get("error_description", ""))))


def error_of(answer: Mapping[str, Any]) -> MicrosoftError:
    """The one of our four errors that an error answer of the token or authorize endpoint stands for."""
    codes = codes_of(answer)
    error = text(answer, "error") or "unknown_error"
    correlation_id = text(answer, "correlation_id")
    described = text(answer, "error_description").splitlines()
    detail = f"Microsoft refused the token request ({error}): {described[0][:500] if described else 'no reason given'}"
    if error == "temporarily_unavailable" or _TRANSIENT.intersection(codes):
        return Unavailable(detail, correlation_id=correlation_id)
    if _REQUEST_LOOP in codes:
        return Throttled(detail, retry_after=LOOP_PAUSE_SECONDS, correlation_id=correlation_id)
    known = next((code for code in codes if code in CAUSES), None)
    cause = CAUSES[known] if known is not None else _CAUSES_BY_ERROR.get(error, Cause.OTHER)
    shown = known if known is not None else next(iter(codes), None)
    code = f"AADSTS{shown}" if shown is not None else error
    return AccessDenied(detail, cause=cause, code=code, correlation_id=correlation_id)
