"""A wrong or missing setting stops the start with a sentence that says what to do."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GOOD = {
    "DATABASE_URL": "postgresql://portal@localhost/portal",
    "REDIS_URL": "redis://localhost",
    "PORTAL_URL": "https://portal.example.com",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "PORTAL_KEYS_FILE": "/run/secrets/portal_keys",
}


def _load(**changes: str | None) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own, in an environment that has only these settings of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env = kept | {name: value for name, value in (GOOD | changes).items() if value is not None}
    names = "s.SESSION_COOKIE_NAME, s.SECURE_HSTS_SECONDS, s.DATABASES['default']['NAME']"
    show = f"from csp_portal import settings as s; print({names})"
    return subprocess.run([sys.executable, "-c", show], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_production_settings_load_and_harden_the_cookies():
    result = _load()

    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["__Host-session", "31536000", "portal"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"DATABASE_URL": None}, "The setting DATABASE_URL is missing"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL must start with postgresql://"),
        ({"REDIS_URL": None}, "The setting REDIS_URL is missing"),
        ({"SECRET_KEY": None}, "The setting SECRET_KEY is missing"),
        ({"SECRET_KEY": "short"}, "at least 50 characters"),
        ({"SECRET_KEY": "k" * 80}, "random text"),
        ({"SECRET_KEY": "0123456789abcdef" * 5}, "random text"),
        ({"SECRET_KEY": "django-insecure-" + secrets.token_urlsafe(64)}, "random text"),
        ({"PORTAL_INTERNAL_HOSTS": "web,*.example.com"}, "may not hold *"),
        ({"PORTAL_INTERNAL_HOSTS": ".example.com"}, "may not hold *"),
        ({"SECRET_KEY": "change-me" + "x" * 60}, "random text"),
        ({"SECRET_KEY": None, "SECRET_KEY_FILE": "/nowhere/key"}, "can't be read"),
        ({"PORTAL_URL": None}, "The setting PORTAL_URL is missing"),
        ({"PORTAL_URL": "http://portal.example.com"}, "needs https"),
        ({"PORTAL_INTERNAL_HOSTS": "*"}, "may not hold *"),
        ({"DEBUG": "true"}, "DEBUG may only be true"),
        ({"DEBUG": "perhaps"}, "write true or false"),
        ({"HEALTH_INTERVAL_SECONDS": "soon"}, "write a whole number"),
        ({"PORTAL_KEYS_FILE": None}, "The setting PORTAL_KEYS_FILE is missing"),
        ({"PORTAL_URL": "https:///path"}, "names no host"),
        ({"PORTAL_URL": "https://portal.example.com:abc"}, "names no host"),
        ({"PORTAL_URL": "https://portal.example.com/portal"}, "no path"),
        ({"REDIS_URL": "redis://localhost:abc"}, "names no host"),
        ({"TIME_ZONE": "Mars/Base"}, "write for instance Europe/Berlin"),
        ({"LOG_LEVEL": "CHATTY"}, "write for instance INFO"),
        ({"MICROSOFT_LOGIN_URL": "https://login.example.com"}, "MICROSOFT_GRAPH_URL"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(changes, sentence):
    result = _load(**changes)

    assert result.returncode == 1
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_a_secret_may_come_from_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text(secrets.token_hex(32) + "\n")

    assert _load(SECRET_KEY=None, SECRET_KEY_FILE=str(file)).returncode == 0


def test_a_web_server_without_its_keys_does_not_start():
    start = subprocess.run(
        [sys.executable, "-c", "import csp_portal.wsgi"],
        cwd=ROOT,
        env={**os.environ, **GOOD},
        capture_output=True,
        text=True,
        check=False,
    )

    assert start.returncode == 1
    assert "The keys file /run/secrets/portal_keys can't be read" in start.stderr
