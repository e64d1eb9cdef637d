"""A connection that signs its token requests with a certificate."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from csp_portal.microsoft.auth import MemoryTokenStore, TokenSource
from csp_portal.microsoft.errors import AccessDenied, Cause

SCOPE = "https://graph.test/.default"
CUSTOMER = "22222222-2222-2222-2222-222222222222"


@pytest.fixture(scope="module")
def certificate():
    """A private key and a self-signed certificate, both PEM, as an app registration takes them."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "csp-portal")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode(), builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def test_a_certificate_signs_the_request_instead_of_a_secret(login, http, certificate):
    key, cert = certificate
    credential = login.credential(secret=None, private_key_pem=key, certificate_pem=cert)
    TokenSource(credential, store=MemoryTokenStore(), http=http).app_token(CUSTOMER, scope=SCOPE)
    (asked,) = login.token_requests
    assert "client_secret" not in asked.form
    public = x509.load_pem_x509_certificate(cert.encode()).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    audience = f"{login.server.url}/{CUSTOMER}/oauth2/v2.0/token"
    claims = jwt.decode(asked.form["client_assertion"], public, algorithms=["PS256"], audience=audience)
    assert claims["iss"] == "our-app"


def test_a_key_that_msal_can_not_sign_with_is_said_to_be_so_and_stops_no_batch(login, http, certificate):
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    credential = login.credential(secret=None, private_key_pem=pem.decode(), certificate_pem=certificate[1])
    with pytest.raises(AccessDenied) as caught:
        TokenSource(credential, store=MemoryTokenStore(), http=http).app_token(CUSTOMER, scope=SCOPE)
    assert caught.value.cause is Cause.SECRET_WRONG


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": None},
        {"secret": "", "private_key_pem": "x"},
        {"secret": None, "private_key_pem": "no pem", "certificate_pem": "no pem"},
    ],
)
def test_a_connection_without_a_usable_secret_or_key_is_said_to_be_so(login, http, changes):
    source = TokenSource(login.credential(**changes), store=MemoryTokenStore(), http=http)
    with pytest.raises(AccessDenied) as caught:
        source.app_token(CUSTOMER, scope=SCOPE)
    assert caught.value.cause is Cause.SECRET_WRONG
    assert login.server.seen == []
