"""Seals every stored secret anew under the current key, so that an old key may leave the keys file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from csp_portal.secrets import keyring
from csp_portal.system.rotation import rotate_all


class Command(BaseCommand):
    help = "Seal all stored secrets under the first key of the keys file. May be stopped or killed, and run again."

    def handle(self, *args: Any, **options: Any) -> None:
        count, problems = 0, list[str]()
        for rotated in rotate_all():
            count += rotated.count
            problems += rotated.problems
        for problem in problems:
            self.stderr.write(problem)
        self.stdout.write(f"{count} secrets were sealed anew under the key {keyring().current}.")
        if problems:
            raise CommandError(
                f"{len(problems)} secrets can't be opened. Put their keys back into the keys file, or enter them anew "
                "on the settings page; keep the old keys until this command ends without an error."
            )
