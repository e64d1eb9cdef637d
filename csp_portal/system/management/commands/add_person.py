"""Take in a person who signs in with a password; the first owner comes in through create_owner."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from csp_portal.accounts.models import Role, User
from csp_portal.accounts.people import add_person, generate_password

ROLES = {role.value.lower().replace("_", "-"): role for role in Role if role not in (Role.NONE, Role.OWNER)}


class Command(BaseCommand):
    help = (
        "Add a person with a local account. Without --password-file a password is made and printed once. "
        "The first owner is made with create_owner, further ones by an owner under Settings, People."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True, help="the sign-in address")
        parser.add_argument("--name", required=True, help="the name that others see")
        parser.add_argument("--role", required=True, choices=sorted(ROLES))
        parser.add_argument("--password-file", type=Path, help="a file that holds the password")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path | None = options["password_file"]
        password = self._read(file) if file else generate_password()
        person = User(email=options["email"].strip().lower(), name=options["name"].strip(), role=ROLES[options["role"]])
        try:
            person.full_clean(exclude=["password"])
            validate_password(password, person)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        add_person(options["email"], name=person.name, role=Role(person.role), password=password, by=None)
        self.stdout.write(self.style.SUCCESS(f"{person} may sign in as {Role(person.role).label}."))
        if file is None:
            self.stdout.write(f"Password, shown only now: {password}")

    def _read(self, file: Path) -> str:
        try:
            return file.read_text().strip()
        except OSError as error:
            raise CommandError(f"{file} can't be read ({error.strerror}).") from error
