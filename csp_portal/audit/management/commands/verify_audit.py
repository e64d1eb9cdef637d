"""Proves that nobody changed the audit: the chain from its first entry, and the copy in the second place."""

from argparse import ArgumentParser
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from csp_portal.audit.chain import breaks_of
from csp_portal.audit.copies import differences
from csp_portal.audit.models import Entry

SHOWN = 20


class Command(BaseCommand):
    help = "Check every entry of the audit against the one before, and against the copy. Exits with 1 on a difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--copy", type=Path, default=settings.AUDIT_COPY_FILE, help="the copy to compare with")

    def handle(self, *args: Any, **options: Any) -> None:
        copy: Path | None = options["copy"]
        found = breaks_of(Entry.objects.order_by("number").iterator(chunk_size=1000))
        if copy is not None and copy.exists():
            found = chain(found, differences(copy))
            self.stdout.write(f"Comparing with {copy}.")
        else:
            self.stdout.write("There is no copy to compare with: entries removed from the end would not show.")
        count = 0
        for count, one in enumerate(found, start=1):
            if count <= SHOWN:
                self.stderr.write(one.sentence)
        if count:
            raise CommandError(f"The audit was altered: {count} differences. Compare with a backup.")
        last = Entry.objects.order_by("-number").first()
        self.stdout.write(
            f"{last.number if last else 0} entries, unbroken. The last hash: {last.hash if last else '-'}"
        )
