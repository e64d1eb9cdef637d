"""Settings read from the environment; nonsense stops the start with a sentence that says what to do."""

import os
from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn

MINIMUM_KEY_LENGTH = 50
FEWEST_CHARACTERS = 12  # a random text in hexadecimal digits has 14 to 16 different ones


class SettingError(SystemExit):
    """A setting is missing or wrong: the process ends with this sentence instead of a traceback."""


def text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise SettingError(f"The setting {name} is missing. Set it in the environment; .env.example explains it.")
    return default


def boolean(name: str, default: bool) -> bool:
    value = text(name, "true" if default else "false").lower()
    if value not in {"true", "false", "1", "0", "yes", "no"}:
        raise SettingError(f"The setting {name} is {value!r}; write true or false.")
    return value in {"true", "1", "yes"}


def integer(name: str, default: int, *, at_least: int = 0) -> int:
    value = text(name, str(default))
    if not value.lstrip("-").isdigit() or int(value) < at_least:
        raise SettingError(f"The setting {name} is {value!r}; write a whole number of at least {at_least}.")
    return int(value)


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Networks as 10.1.2.0/24, with commas between them; none where the setting is empty."""
    try:
        return [ip_network(part.strip()) for part in text(name, "").split(",") if part.strip()]
    except ValueError as error:
        raise SettingError(f"The setting {name} holds no network: {error}. Write it as 10.1.2.0/24.") from error


def secret(name: str, default: str | None = None) -> str:
    """The value of NAME, or the content of the file that NAME_FILE names (how containers hand over secrets)."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return text(name, default)
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise SettingError(
            f"The setting {name}_FILE names {path}, which can't be read ({error.strerror}). Check path and rights."
        ) from error


def url(name: str, default: str | None = None, *, schemes: tuple[str, ...]) -> str:
    value = text(name, default)
    parts = urlsplit(value)
    if parts.scheme not in schemes:
        raise SettingError(f"The setting {name} must start with {' or '.join(s + '://' for s in schemes)}.")
    try:
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        has_host = False
    if not has_host and parts.scheme in {"http", "https", "redis", "rediss"}:
        raise SettingError(f"The setting {name} names no host, or a port that is no number.")
    return value.rstrip("/") if parts.scheme in {"http", "https"} else value


def database(name: str) -> dict[str, Any]:
    """Django's settings of the PostgreSQL that NAME_URL names; its password may also stand in NAME_PASSWORD."""
    try:
        dsn = parse_dsn(url(f"{name}_URL", schemes=("postgresql", "postgres")))
    except ProgrammingError as error:
        raise SettingError(f"{name}_URL can't be read; write postgresql://user:password@host:5432/name.") from error
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": dsn.pop("dbname", ""),
        "USER": dsn.pop("user", ""),
        "PASSWORD": secret(f"{name}_PASSWORD", dsn.pop("password", "")),
        "HOST": dsn.pop("host", ""),
        "PORT": dsn.pop("port", ""),
        "OPTIONS": {**dsn, "connect_timeout": 5, "application_name": "csp-portal"},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": True,
    }


def choice(name: str, default: str, *, among: Collection[str], such_as: str) -> str:
    value = text(name, default)
    if value not in among:
        raise SettingError(f"The setting {name} is {value!r}, which is not known; write for instance {such_as}.")
    return value


def signing_key(value: str) -> str:
    """Refuse a signing key that is short, was copied from a sample, or repeats itself."""
    is_sample = "change-me" in value or value.startswith("django-insecure-")
    is_dull = len(set(value)) < FEWEST_CHARACTERS or value in (value + value)[1:-1]  # found again in itself: a pattern
    if len(value) < MINIMUM_KEY_LENGTH or is_sample or is_dull:
        raise SettingError(
            f"The setting SECRET_KEY must be a random text of at least {MINIMUM_KEY_LENGTH} characters of your own. "
            "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(64))'"
        )
    return value
