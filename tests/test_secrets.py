"""Secrets at rest open only where they belong."""

import base64
import os
from pathlib import Path
from uuid import uuid4

import pytest

from csp_portal.checks import check_keys_file
from csp_portal.secrets import SecretError, keyring, read_keyring
from customers.models import Connection


def _line(key_id: str) -> str:
    return f"{key_id}:{base64.b64encode(os.urandom(32)).decode()}\n"


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text(_line("2") + _line("1"))
    return path


def test_a_secret_opens_where_it_belongs(keys_file):
    ring = read_keyring(keys_file)

    sealed = ring.seal("s3cret ✓", bound_to="table/1/column")

    assert "s3cret" not in sealed
    assert ring.unseal(sealed, bound_to="table/1/column") == "s3cret ✓"


def test_a_ciphertext_moved_to_another_row_is_refused(keys_file):
    ring = read_keyring(keys_file)
    sealed = ring.seal("secret", bound_to="table/1/column")

    with pytest.raises(SecretError, match="sealed elsewhere"):
        ring.unseal(sealed, bound_to="table/2/column")


def test_a_ciphertext_moved_to_another_column_or_row_of_a_connection_is_refused(connection):
    other = Connection(name="Other", cloud="global", partner_tenant_id=uuid4(), client_id=uuid4())
    other.sealed_client_secret = connection.sealed_client_secret
    connection.sealed_private_key = connection.sealed_client_secret

    for row, secret in ((other, "client_secret"), (connection, "private_key")):
        with pytest.raises(SecretError, match="sealed elsewhere"):
            row.open_secret(secret)


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o640, 0o666, 0o620])
def test_keys_that_others_may_read_stop_the_start(keys_file, settings, mode):
    settings.PORTAL_KEYS_FILE = str(keys_file)
    keys_file.chmod(mode)

    assert [problem.id for problem in check_keys_file(None)] == ["portal.E003"]
    keys_file.chmod(0o400)
    assert check_keys_file(None) == []


def test_no_key_comes_from_the_signing_key(keys_file, settings):
    settings.PORTAL_KEYS_FILE = str(keys_file)
    sealed = keyring().seal("secret", bound_to="x")
    settings.SECRET_KEY = "another signing key, long enough for every check of the settings there is"

    assert keyring().unseal(sealed, bound_to="x") == "secret"


def test_the_newest_key_seals_and_the_older_ones_still_open(keys_file):
    old = read_keyring(keys_file)
    sealed = old.seal("secret", bound_to="x")
    keys_file.write_text(_line("3") + keys_file.read_text())

    new = read_keyring(keys_file)

    assert new.unseal(sealed, bound_to="x") == "secret"
    assert not new.is_current(sealed)
    assert new.is_current(new.seal("secret", bound_to="x"))


def test_a_secret_whose_key_is_gone_names_the_key(keys_file):
    sealed = read_keyring(keys_file).seal("secret", bound_to="x")
    keys_file.write_text(_line("9"))

    with pytest.raises(SecretError, match="key 2"):
        read_keyring(keys_file).unseal(sealed, bound_to="x")


@pytest.mark.parametrize("content", ["", "1:short", "nocolon", ":" + base64.b64encode(bytes(32)).decode()])
def test_a_broken_keys_file_is_refused(tmp_path, content):
    path = tmp_path / "keys"
    path.write_text(content)

    with pytest.raises(ValueError, match="keys"):
        read_keyring(path)
