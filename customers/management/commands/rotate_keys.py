"""Seals every stored secret anew under the current key, so that an old key may leave the keys file."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from csp_portal.secrets import SecretError, keyring
from customers.models import Connection

BATCH = 50


class Command(BaseCommand):
    help = "Seal all secrets of connections under the first key of the keys file. May be stopped and run again."

    def handle(self, *args: Any, **options: Any) -> None:
        last: UUID | None = None
        sealed_anew, problems = 0, list[str]()
        while ids := _next_ids(last):
            count, found = _rotate_batch(ids)
            sealed_anew += count
            problems += found
            last = ids[-1]
        for problem in problems:
            self.stderr.write(problem)
        self.stdout.write(f"{sealed_anew} secrets were sealed anew under the key {keyring().current}.")
        if problems:
            raise CommandError(
                f"{len(problems)} secrets can't be opened. Put their keys back into the keys file, or enter them anew "
                "on the settings page; keep the old keys until this command ends without an error."
            )


def _next_ids(last: UUID | None) -> list[UUID]:
    rows = Connection.objects.order_by("pk") if last is None else Connection.objects.filter(pk__gt=last).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def _rotate_batch(ids: list[UUID]) -> tuple[int, list[str]]:
    """How many secrets of these rows were sealed anew, and a sentence for each that can't be opened."""
    count, problems = 0, []
    for connection in Connection.objects.select_for_update().filter(pk__in=ids):
        changed = []
        for secret in Connection.SECRETS:
            sealed = getattr(connection, f"sealed_{secret}")
            if not sealed or keyring().is_current(sealed):
                continue
            try:
                connection.seal_secret(secret, connection.open_secret(secret))
                changed.append(f"sealed_{secret}")
            except SecretError as error:
                problems.append(f"{connection.name}: {error}")
        if changed:
            connection.save(update_fields=changed)
            count += len(changed)
    return count, problems
