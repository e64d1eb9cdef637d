"""Somebody else's token issuer that the sandbox's app registration trusts: a federated credential."""

from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from csp_portal.microsoft.sandbox.tokens import Claims

AUDIENCE = "api://AzureADTokenExchange"


@dataclass(kw_only=True)
class FederatedIssuer:
    """Signs with a key of its own; Entra would find the public half at the issuer's jwks_uri."""

    issuer: str = "https://cluster.example/"
    subject: str = "system:serviceaccount:portal:worker"
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def token(self, *, now: float, subject: str = "", audience: str = AUDIENCE, life: int = 3600) -> str:
        """What the issuer keeps fresh in the portal's token file."""
        claims = {"iss": self.issuer, "sub": subject or self.subject, "aud": audience}
        times = {"iat": int(now), "nbf": int(now), "exp": int(now) + life}
        return jwt.encode({**claims, **times}, self.key, algorithm="RS256")


def problem_of(assertion: str, *, trusted: list[FederatedIssuer], now: float) -> str | None:
    """The AADSTS code that this assertion is refused with, or None where it is good."""
    try:
        told: Claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return "AADSTS50027"
    known = next((one for one in trusted if one.issuer == told.get("iss")), None)
    if known is None:
        return "AADSTS700211"
    try:
        jwt.decode(assertion, known.key.public_key(), algorithms=["RS256"], options=_SIGNATURE_ONLY)
    except jwt.InvalidTokenError:
        return "AADSTS50013"
    if told.get("sub") != known.subject:
        return "AADSTS700213"
    if told.get("aud") != AUDIENCE:
        return "AADSTS700212"
    return None if told.get("exp", 0) > now else "AADSTS700024"


_SIGNATURE_ONLY: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
