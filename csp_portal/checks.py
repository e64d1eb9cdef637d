"""System checks of the portal: what settings alone can't see."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register, run_checks
from django.db import connections

from csp_portal.audit.guard import ways_to_alter
from csp_portal.env import SettingError
from csp_portal.secrets import is_private, read_keyring


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
            return []
        sentence = f"Others than its owner may read the keys file {path}."
        return [Error(sentence, hint="Run: chmod 400 on it, as the user who runs the portal.", id="portal.E003")]
    return [Error(sentence, hint="Set PORTAL_KEYS_FILE as .env.example explains.", id="portal.E001")]


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
    for message in (*run_checks(tags=["portal"]), *check_database_role()):
        raise SettingError(f"{message.msg} {message.hint}")
    connections.close_all()  # gunicorn forks its workers after this; a connection is nobody's but its process's
