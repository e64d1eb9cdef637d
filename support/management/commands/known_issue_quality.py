"""Prints how well known issues are recognized on the labelled cases, and each case that went wrong."""

from typing import Any

from django.core.management.base import BaseCommand

from support.known.quality import judge


class Command(BaseCommand):
    help = "Print precision and recall of the known-issue suggestion on its labelled cases."
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        found = judge()
        for case in found.wrong:
            expected = case.expected or "none"
            self.stdout.write(f"{case.subject}: expected {expected}, offered {', '.join(case.offered) or 'none'}")
        self.stdout.write(
            f"{found.cases} cases: precision {found.precision:.3f}, recall {found.recall:.3f}, "
            f"recall among the first three {found.recall_of_three:.3f}"
        )
