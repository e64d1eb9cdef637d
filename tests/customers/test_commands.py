"""Connections from the command line, and new keys for stored secrets."""

import base64
import datetime
import os
from io import StringIO

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command

from csp_portal.secrets import keyring
from customers.models import Connection

TENANT, CLIENT = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"


def write(path, text):
    path.write_text(text)
    return str(path)


def add(*options, name="Main", cloud="global", tenant=TENANT, client=CLIENT):
    out = StringIO()
    call_command(
        "add_connection", f"--name={name}", f"--cloud={cloud}", f"--tenant={tenant}", f"--client-id={client}", *options,
        stdout=out,
    )  # fmt: skip
    return out.getvalue()


@pytest.fixture
def secret(tmp_path):
    return f"--secret-file={write(tmp_path / 'secret', 'top-secret')}"


def pem_pair(key=None):
    key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal")])
    start = datetime.datetime(2026, 1, 1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + datetime.timedelta(days=900))
    ).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(pem).decode(), private.decode()


def test_a_connection_is_stored_with_its_secret_sealed(db, secret):
    add(secret, "--signs-in-staff")
    connection = Connection.objects.get()
    assert (connection.name, connection.cloud, str(connection.partner_tenant_id)) == ("Main", "global", TENANT)
    assert "top-secret" not in connection.sealed_client_secret
    assert connection.open_secret("client_secret") == "top-secret"
    assert connection.signs_in_staff


def test_a_certificate_with_its_key_serves_instead_of_a_secret(db, tmp_path):
    certificate, key = pem_pair()
    files = f"--certificate-file={write(tmp_path / 'c', certificate)}", f"--key-file={write(tmp_path / 'k', key)}"
    add(*files, "--auth-model=secure-app-model")
    connection = Connection.objects.get()
    assert connection.auth_model == Connection.AuthModel.SECURE_APP_MODEL
    assert connection.open_secret("private_key").strip() == key.strip()


def test_a_key_of_another_certificate_is_refused(db, tmp_path):
    (certificate, _), (_, key) = pem_pair(), pem_pair()
    with pytest.raises(CommandError, match="does not belong"):
        add(f"--certificate-file={write(tmp_path / 'c', certificate)}", f"--key-file={write(tmp_path / 'k', key)}")


def test_a_key_that_microsoft_does_not_take_is_refused(db, tmp_path):
    certificate, key = pem_pair(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(CommandError, match="--key-file: This is no RSA key"):
        add(f"--certificate-file={write(tmp_path / 'c', certificate)}", f"--key-file={write(tmp_path / 'k', key)}")
    assert not Connection.objects.exists()


def test_a_token_file_serves_instead_of_a_secret(db, tmp_path, settings):
    settings.PORTAL_FEDERATED_TOKEN_DIR = str(tmp_path)
    write(tmp_path / "token", "head.body.signature")
    add("--federated-token-file=token")
    connection = Connection.objects.get()
    assert (connection.federated_token_file, connection.sealed_client_secret) == ("token", "")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none", "can't be read"),
        ("../token", "must lie in"),
        ("/etc/passwd", "must lie in"),
        ("text", "holds no token"),
    ],
)
def test_a_token_file_that_does_not_serve_is_named(db, tmp_path, settings, name, said):
    home = tmp_path / "tokens"
    home.mkdir()
    settings.PORTAL_FEDERATED_TOKEN_DIR = str(home)
    write(tmp_path / "token", "head.body.signature")
    write(home / "text", "no token")
    with pytest.raises(CommandError, match=said):
        add(f"--federated-token-file={name}")
    assert not Connection.objects.exists()


def test_two_credentials_at_once_are_refused(db, secret, tmp_path, settings):
    settings.PORTAL_FEDERATED_TOKEN_DIR = str(tmp_path)
    write(tmp_path / "token", "head.body.signature")
    with pytest.raises(CommandError, match="Give one of these"):
        add(secret, "--federated-token-file=token")


def test_a_connection_that_exists_is_not_changed(db, secret):
    add(secret)
    with pytest.raises(CommandError, match="already; nothing was changed"):
        add(secret, tenant=CLIENT)
    assert str(Connection.objects.get().partner_tenant_id) == TENANT


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"cloud": "moon"}, "write one of: global"),
        ({"tenant": "contoso.com"}, "--tenant is 'contoso.com'"),
        ({"client": "7"}, "--client-id is '7'"),
        ({"name": "  "}, "--name must have"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_stored(db, secret, wrong, said):
    with pytest.raises(CommandError, match=said):
        add(secret, **wrong)
    assert not Connection.objects.exists()


def test_secret_files_that_do_not_serve_are_named(db, tmp_path):
    for options, said in (
        ((), "Give one of these"),
        ((f"--secret-file={write(tmp_path / 'empty', ' ')}",), "is empty"),
        ((f"--secret-file={tmp_path / 'none'}",), "can't be read"),
        ((f"--certificate-file={write(tmp_path / 'c', 'x')}",), "Give one of these"),
    ):
        with pytest.raises(CommandError, match=said):
            add(*options)
    assert not Connection.objects.exists()


class TestRotation:
    @pytest.fixture
    def keys(self, settings, tmp_path):
        file = tmp_path / "keys"
        settings.PORTAL_KEYS_FILE = str(file)
        lines = {name: f"{name}:{base64.b64encode(name.encode() * 32).decode()}" for name in "ab"}

        def use(*names):
            previous = file.stat().st_mtime if file.exists() else 0
            file.write_text("\n".join(lines[name] for name in names))
            os.utime(file, (previous + 10, previous + 10))

        return use

    def rotate(self):
        out, err = StringIO(), StringIO()
        try:
            call_command("rotate_keys", stdout=out, stderr=err)
        except CommandError as error:
            return f"{err.getvalue()}{error}"
        return out.getvalue()

    def test_every_secret_moves_to_the_current_key_and_the_old_one_may_go(self, db, keys, secret):
        keys("a")
        for number in range(60):
            add(secret, name=f"Connection {number}")
        keys("b", "a")
        assert self.rotate().startswith("60 secrets were sealed anew")
        assert self.rotate().startswith("0 secrets")
        keys("b")
        for connection in Connection.objects.all():
            assert keyring().is_current(connection.sealed_client_secret)
            assert connection.open_secret("client_secret") == "top-secret"

    def test_a_secret_whose_key_is_gone_is_named_and_the_others_still_move(self, db, keys, secret):
        keys("a")
        add(secret, name="Lost")
        keys("b")
        add(secret, name="Fine")
        said = self.rotate()
        assert "Lost: The key a that sealed" in said
        assert "1 secrets can't be opened" in said
