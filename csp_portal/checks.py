"""System checks of the portal: what settings alone can't see."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import redis
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register, run_checks

from csp_portal.audit.guard import ways_to_alter
from csp_portal.env import SettingError
from csp_portal.secrets import is_private, read_keyring

EVICTING = "portal.E006"


@register("portal")
def check_keys_file(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The keys that seal stored secrets must be there before anything is sealed."""
    path = Path(settings.PORTAL_KEYS_FILE)
    try:
        read_keyring(path)
    except OSError as error:
        sentence = f"The keys file {path} can't be read ({error.strerror})."
    except ValueError as error:
        sentence = str(error)
    else:
        if is_private(path):
            return _weak_keys(path)
        sentence = f"Others than its owner may read the keys file {path}."
        return [Error(sentence, hint="Run: chmod 400 on it, as the user who runs the portal.", id="portal.E003")]
    return [Error(sentence, hint="Set PORTAL_KEYS_FILE as .env.example explains.", id="portal.E001")]


def _weak_keys(path: Path) -> list[CheckMessage]:
    """32 random bytes hold about 30 different ones; fewer than 16 never happen by chance."""
    keys = [line.partition(":") for line in path.read_text().split()]
    weak = [name for name, _colon, key in keys if len(set(base64.b64decode(key))) < 16]
    sentence = f"In the keys file {path} these keys are not random, so they protect nothing: {', '.join(weak)}."
    hint = "Put a new key on top as .env.example explains, run: python manage.py rotate_keys, then remove these."
    return [Error(sentence, hint=hint, id="portal.E004")] if weak else []


@register("portal", deploy=True)
def check_signing_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The keys in our Makefile and Dockerfile are for commands that open no connection; everybody knows them."""
    if not settings.SECRET_KEY.startswith("only-"):
        return []
    sentence = "SECRET_KEY is a sample from our own files; whoever knows it can forge a sign-in."
    return [Error(sentence, hint="Make one as .env.example explains.", id="portal.E005")]


@register("portal", deploy=True)
def check_redis(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Redis must not throw waiting work away; one that is down, or tells nothing of itself, refuses no start."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
            told = client.info("memory")
    except redis.RedisError:
        return []
    policy = str(told.get("maxmemory_policy", "noeviction")) if isinstance(told, dict) else "noeviction"
    if policy == "noeviction":
        return []
    sentence = f"The Redis that REDIS_URL names may throw waiting work away (maxmemory-policy {policy})."
    hint = "Set maxmemory-policy to noeviction, and give caches of other programs a Redis of their own."
    return [Error(sentence, hint=hint, id=EVICTING)]


def check_database_role() -> list[CheckMessage]:
    """Not registered with Django: migrations are run by the owner of the tables, who may do all of this."""
    ways = ways_to_alter()
    if not ways:
        return []
    return [
        Error(
            f"The role that DATABASE_URL signs in with could alter the audit: it {', '.join(ways)}.",
            hint="Let the portal work as the role that deploy/postgres.sql makes, and run migrations as the owner.",
            id="portal.E002",
        )
    ]


def stop_on_errors() -> None:
    """End the process with the first error's sentence; a web server must not start half configured."""
    for message in (*run_checks(tags=["portal"], include_deployment_checks=True), *check_database_role()):
        raise SettingError(f"{message.msg} {message.hint}")
