"""Say which sentences have no Traditional Chinese yet."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.test.utils import override_settings

LOCALE = "zh_Hant"
# Without the first, makemessages finds the catalog by itself and writes there instead of where LOCALE_PATHS says.
IGNORED = ["csp_portal/locale", ".venv/*", "node_modules/*", ".portal*", "tests/*", "frontend/*"]


class Command(BaseCommand):
    help = "Fail when a sentence is missing, fuzzy or broken in the Traditional Chinese catalog. Needs GNU gettext."

    def handle(self, *args: Any, **options: Any) -> None:
        if shutil.which("xgettext") is None:
            raise CommandError("GNU gettext is missing; install the package gettext.")
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(settings.LOCALE_PATHS[0], folder, dirs_exist_ok=True)
            with override_settings(LOCALE_PATHS=[folder]):
                call_command("makemessages", locale=[LOCALE], ignore_patterns=IGNORED, no_obsolete=True, verbosity=0)
            with (Path(folder) / LOCALE / "LC_MESSAGES" / "django.po").open("rb") as file:
                problems = list(_problems(read_po(file, locale=LOCALE)))
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError(
                f"{len(problems)} sentences need work. Update the catalog with: "
                f"python manage.py makemessages -l {LOCALE} {' '.join(f'-i {pattern!r}' for pattern in IGNORED)}"
            )


def _problems(catalog: Catalog) -> list[str]:
    found = []
    for message in catalog:
        if not message.id:
            continue
        state = _state_of(message, catalog)
        if state:
            found.append(f"{state}: {message.id if isinstance(message.id, str) else message.id[0]}")
    return found


def _state_of(message: Message, catalog: Catalog) -> str:
    texts = message.string if isinstance(message.string, (tuple, list)) else [message.string]
    if not all(texts):
        return "missing"
    if message.fuzzy:
        return "fuzzy"
    return "broken" if list(message.check(catalog)) else ""
