"""Take away the passkeys and codes of a person who lost them, so that the password alone lets them in once more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from csp_portal.accounts.credentials import remove_second_factors
from csp_portal.accounts.models import User


class Command(BaseCommand):
    help = (
        "For somebody who lost passkey and recovery codes: removes them, ends sessions and API tokens. "
        "The last resort where no other owner can do it under Settings, People."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True, help="the sign-in address")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(email=options["email"].strip().lower()).first()
        if person is None:
            raise CommandError(f"Nobody signs in as {options['email']}. Check the address under Settings, People.")
        count = remove_second_factors(person, by=None)
        self.stdout.write(f"{count} passkeys and codes of {person} are gone. The password lets them in; add a passkey.")
