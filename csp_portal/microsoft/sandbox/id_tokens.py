"""The sandbox's id tokens, good ones and, where a test asks for one, each kind of bad one."""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.utils import base64url_encode

from csp_portal.microsoft.sandbox.tenants import Person
from csp_portal.microsoft.sandbox.tokens import Claims, Keyring
from csp_portal.microsoft.sandbox.world import World

LIFE = 3600
ELSEWHERE = "99999999-9999-4999-8999-999999999999"  # no tenant and no app of the sandbox

# What a test may bend in the claims, by the name of the fault; the moment is the sandbox's.
BENT: dict[str, Callable[[int], Claims]] = {
    "wrong-nonce": lambda now: {"nonce": "of-another-sign-in"},
    "wrong-audience": lambda now: {"aud": ELSEWHERE},
    "wrong-issuer": lambda now: {"iss": f"https://evil.example/{ELSEWHERE}/v2.0"},
    "foreign-tenant": lambda now: {"tid": ELSEWHERE},
    "expired": lambda now: {"nbf": now - 2 * LIFE, "exp": now - LIFE},
    "not-yet-valid": lambda now: {"nbf": now + LIFE, "exp": now + 2 * LIFE},
    "no-expiry": lambda now: {"exp": None},
    "no-object-id": lambda now: {"oid": None},
    "old-auth-time": lambda now: {"auth_time": now - LIFE},
    "no-auth-time": lambda now: {"auth_time": None},
    "hidden-groups": lambda now: {
        "groups": None,
        "_claim_names": {"groups": "src1"},
        "_claim_sources": {"src1": {"endpoint": "https://graph.windows.net/users/getMemberObjects"}},
    },
}
# What a test may do to the signature.
FORGED = ("alg-none", "hs256-with-public-key", "foreign-key", "unknown-key", "no-id-token")


@dataclass(frozen=True, kw_only=True, slots=True)
class SignIn:
    """What the authorize page remembered of a sign-in, in the code it gave."""

    person: Person
    nonce: str
    asked: str  # the `claims` parameter
    at: int
    issuer: str


def id_token(sign_in: SignIn, *, world: World, keyring: Keyring) -> str | None:
    """The token, bent as `world.sign_in_fault` says; None where that says there is none."""
    fault = world.sign_in_fault
    now = int(world.now())
    bent = BENT[fault](now) if fault in BENT else {}
    claims = {**_claims(sign_in, client_id=world.partner.client_id, now=now), **bent}
    kept = {name: value for name, value in claims.items() if value is not None}
    return _forged(kept, fault=fault, keyring=keyring) if fault in FORGED else keyring.sign(kept)


def _claims(sign_in: SignIn, *, client_id: str, now: int) -> Claims:
    """Tokens of version 2.0 carry amr, acrs and auth_time only where they are asked for."""
    person, asked = sign_in.person, _asked(sign_in.asked)
    context = (asked.get("acrs") or {}).get("value")
    return {
        "use": "id",
        "aud": client_id,
        "iss": sign_in.issuer,
        "tid": person.tenant_id,
        "oid": person.object_id,
        "sub": f"{person.object_id}.{client_id}",
        "name": person.name,
        "preferred_username": person.email,
        "email": person.email,
        "nonce": sign_in.nonce,
        "amr": list(person.methods) if "amr" in asked else None,
        "acrs": [context] if context and person.has_mfa else None,
        "auth_time": sign_in.at if "auth_time" in asked else None,
        "roles": list(person.roles),
        "groups": list(person.groups) or None,
        "iat": now,
        "nbf": now,
        "exp": now + LIFE,
        "ver": "2.0",
    }


def _asked(claims: str) -> dict[str, Any]:
    try:
        asked = json.loads(claims or "{}").get("id_token", {})
    except (AttributeError, ValueError):
        return {}
    return asked if isinstance(asked, dict) else {}


def _forged(claims: Claims, *, fault: str, keyring: Keyring) -> str | None:
    if fault == "no-id-token":
        return None
    if fault == "alg-none":
        return jwt.encode(claims, "", algorithm="none", headers={"kid": keyring.key_id})
    if fault == "hs256-with-public-key":
        return _signed_with_public_key(claims, keyring=keyring)
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key_id = keyring.key_id if fault == "foreign-key" else "a-key-that-nobody-published"
    return jwt.encode(claims, stranger, algorithm="RS256", headers={"kid": key_id})


def _signed_with_public_key(claims: Claims, *, keyring: Keyring) -> str:
    """HS256 with the published key as the password, by hand: PyJWT refuses to make such a token."""
    public = keyring.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": "HS256", "typ": "JWT", "kid": keyring.key_id}
    signed = b".".join(base64url_encode(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.digest(public, signed, "sha256")
    return b".".join((signed, base64url_encode(signature))).decode()
