"""A certificate with its private key, as Microsoft takes them: PEM, RSA, belonging together."""

from typing import Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from django.utils.translation import gettext as _


class BadPair(ValueError):
    """What is wrong, in a sentence, and which of the two it is about."""

    def __init__(self, sentence: str, *, about: Literal["certificate", "private_key"]) -> None:
        super().__init__(sentence)
        self.about = about


def check_pair(*, certificate: str, key: str) -> None:
    """Raise BadPair unless Microsoft would take this pair."""
    try:
        public = load_pem_x509_certificate(certificate.encode()).public_key()
    except ValueError as error:
        sentence = _("This is no PEM certificate: it starts with -----BEGIN CERTIFICATE-----.")
        raise BadPair(sentence, about="certificate") from error
    try:
        private = load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise BadPair(_("This is no PEM key without a passphrase."), about="private_key") from error
    if not isinstance(private, RSAPrivateKey):
        raise BadPair(_("This is no RSA key; Microsoft takes no other."), about="private_key")
    if _bytes_of(public) != _bytes_of(private.public_key()):
        raise BadPair(_("This key does not belong to the certificate."), about="private_key")


def _bytes_of(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
