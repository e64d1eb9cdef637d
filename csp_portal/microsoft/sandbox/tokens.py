"""The sandbox's signed tokens: access tokens, id tokens, codes and refresh tokens are all RS256 JWTs of one key."""

import hashlib
import os
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from jwt.algorithms import RSAAlgorithm

Claims = dict[str, Any]
VERIFIED_KEPT = 50_000


class Keyring:
    """Signs and verifies; verified tokens are remembered, because checking a signature costs more than answering."""

    def __init__(self, key_path: Path) -> None:
        self._key = _load_or_make(key_path)
        self.public_key = self._key.public_key()
        self.key_id = hashlib.sha256(str(self.public_key.public_numbers().n).encode()).hexdigest()[:27]
        self._verified: dict[str, Claims] = {}

    def sign(self, claims: Claims) -> str:
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self.key_id, "x5t": self.key_id})

    def verify(self, token: str, *, use: str, now: float) -> Claims | None:
        """Return the claims of a token we signed for that use and that has not expired, else None."""
        claims = self._verified.get(token)
        if claims is None:
            try:
                claims = jwt.decode(token, self.public_key, algorithms=["RS256"], options=_SIGNATURE_ONLY)
            except jwt.InvalidTokenError:
                return None
            if len(self._verified) >= VERIFIED_KEPT:
                self._verified.clear()
            self._verified[token] = claims
        if claims.get("use") != use or claims["exp"] <= now:
            return None
        return claims

    def public_keys(self) -> Claims:
        """The document behind jwks_uri."""
        key: Claims = RSAAlgorithm.to_jwk(self.public_key, as_dict=True)
        return {"keys": [{**key, "use": "sig", "kid": self.key_id, "x5t": self.key_id}]}


# Expiry is checked against the sandbox's clock and the audience by whoever reads the token.
_SIGNATURE_ONLY: Any = {"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False}


def verify_assertion(assertion: str, *, certificates: list[str], client_id: str, audiences: set[str]) -> bool:
    """Tell whether a client assertion was signed by one of the app's certificates for our token endpoint."""
    for pem in certificates:
        public = _public_key_of(pem)
        try:
            claims: Claims = jwt.decode(assertion, public, algorithms=["RS256", "PS256"], options={"verify_aud": False})
        except jwt.InvalidTokenError:
            continue
        return claims.get("iss") == claims.get("sub") == client_id and claims.get("aud") in audiences
    return False


def issuer_of(assertion: str) -> str:
    """Who says to have signed it; empty where it can't be read."""
    try:
        return str(jwt.decode(assertion, options={"verify_signature": False}).get("iss", ""))
    except jwt.InvalidTokenError:
        return ""


def challenge_of(verifier: str) -> str:
    """The S256 code challenge of a PKCE verifier (RFC 7636 4.2)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _public_key_of(pem: str) -> rsa.RSAPublicKey:
    from_certificate = load_pem_x509_certificate(pem.encode()).public_key()
    if not isinstance(from_certificate, rsa.RSAPublicKey):
        raise TypeError("A client certificate must hold an RSA key.")
    return from_certificate


def _load_or_make(path: Path) -> rsa.RSAPrivateKey:
    if path.exists():
        key = load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(key, rsa.RSAPrivateKey):
            return key
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
