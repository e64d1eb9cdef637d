"""rotate_keys is killed again and again, and all the while every secret opens."""

import base64
import itertools
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from django.apps import apps

from csp_portal.sealed import SealedSecrets, sealed_columns
from csp_portal.secrets import read_keyring
from csp_portal.system.rotation import models_with_secrets
from tests.health.private_portal import PrivatePortal

ROOT = Path(__file__).resolve().parent.parent
ROWS, KILLS = 4000, 10
SECRETS = ("client_secret", "private_key", "refresh_token")

_FILL = f"""
from uuid import uuid4
from customers.models import Connection
rows = [
    Connection(name=f"c{{n}}", cloud="global", partner_tenant_id=uuid4(), client_id=uuid4()) for n in range({ROWS})
]
for row in rows:
    for secret in {SECRETS!r}:
        row.seal_secret(secret, f"{{secret}} of {{row.pk}}")
Connection.objects.bulk_create(rows, batch_size=500)
"""


def _line(name: str) -> str:
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}\n"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text(_line("old"))
    path.chmod(0o400)
    return path


@pytest.fixture
def portal(tmp_path: Path, keys: Path) -> Iterator[PrivatePortal]:
    portal = PrivatePortal(tmp_path / "portal", microsoft={})
    portal.env["PORTAL_KEYS_FILE"] = str(keys)
    try:
        portal.manage("shell", "--no-imports", "-c", _FILL)
        yield portal
    finally:
        portal.close()


class Reader:
    """Another process's eyes: opens every secret over and over, with the keys file alone."""

    def __init__(self, url: str, keys: Path) -> None:
        self.rounds, self.opened, self.problems = 0, 0, list[str]()
        self._url, self._keys, self._end = url, keys, threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _read(self) -> None:
        columns = ", ".join(f"sealed_{secret}" for secret in SECRETS)
        connection = psycopg2.connect(self._url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            while not self._end.is_set():
                ring = read_keyring(self._keys)
                cursor.execute(f"SELECT id::text, {columns} FROM customers_connection")
                for pk, *sealed in cursor.fetchall():
                    for secret, text in zip(SECRETS, sealed, strict=True):
                        plain = ring.unseal(text, bound_to=f"customers_connection/{pk}/{secret}")
                        self.opened += 1
                        if plain != f"{secret} of {pk}":
                            self.problems.append(f"{pk} {secret}: {plain}")
                self.rounds += 1
                time.sleep(0.02)
        connection.close()


def _left(url: str) -> int:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM customers_connection WHERE sealed_refresh_token LIKE 'old:%'")
            return int((cursor.fetchone() or [0])[0])
    finally:
        connection.close()


@pytest.mark.slow
def test_a_rotation_that_is_killed_ten_times_loses_no_secret_at_any_moment(portal, keys):
    url, chance = portal.env["DATABASE_URL"], random.Random()
    keys.chmod(0o600)
    keys.write_text(_line("new") + keys.read_text())
    keys.chmod(0o400)
    kills, left = 0, [_left(url)]
    with Reader(url, keys) as reader:
        while kills < KILLS:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "rotate_keys"], env=portal.env, cwd=ROOT, stdout=subprocess.DEVNULL
            )
            while _left(url) == left[-1]:
                assert process.poll() is None
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.1))
            assert process.poll() is None, "it was done before it could be killed: more rows are needed"
            process.kill()
            process.wait()
            kills += 1
            left.append(_left(url))
        said = portal.manage("rotate_keys")
        rounds = reader.rounds
        while reader.rounds < rounds + 2:
            time.sleep(0.05)
    print(f"killed {kills} times, left after each: {left}; {said.strip()}; {reader.opened} openings")

    assert reader.problems == []
    assert reader.opened > ROWS * len(SECRETS)
    assert all(later < earlier for earlier, later in itertools.pairwise(left))
    assert _left(url) == 0
    keys.chmod(0o600)
    keys.write_text(keys.read_text().splitlines()[0])  # the old key may go
    with Reader(url, keys) as last:
        while not last.rounds:
            time.sleep(0.05)
    assert (last.problems, last.opened % (ROWS * len(SECRETS))) == ([], 0)


def test_every_model_with_a_sealed_column_is_rotated():
    holders = {model for model in apps.get_models() if sealed_columns(model)}

    assert holders
    assert holders == set(models_with_secrets())
    assert all(issubclass(model, SealedSecrets) for model in holders)
