"""Say what is wrong with this installation, and how to mend it."""

import dataclasses
import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from csp_portal.system.doctor import PARTS, examine, examine_part
from customers.findings import Finding


class Command(BaseCommand):
    help = (
        "Check settings, database, Redis, worker, clocks, TLS and each connection's permissions. "
        "Ends with 1 when anything is broken."
    )
    requires_system_checks: list[str] = []  # they are among the findings

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")
        parser.add_argument("--only", choices=PARTS, help="check one thing alone, as the containers do")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        now, part = timezone.now(), options["only"]
        for finding in examine_part(part, now=now) if part else examine(now=now):
            findings.append(finding)
            if not options["json"]:
                self._print(finding)
        broken = [finding for finding in findings if finding.ok is False]
        if options["json"]:
            self.stdout.write(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=1))
        elif broken:
            self.stdout.write(self.style.ERROR(f"\n{len(broken)} of {len(findings)} checks failed."))
        else:
            self.stdout.write(self.style.SUCCESS(f"\nNothing is broken ({len(findings)} checks)."))
        if broken:
            sys.exit(1)

    def _print(self, finding: Finding) -> None:
        mark, style = {
            True: ("✔", self.style.SUCCESS),
            False: ("✖", self.style.ERROR),
            None: ("!", self.style.WARNING),
        }[finding.ok]
        self.stdout.write(f"{style(mark)} {finding.name}: {finding.sentence}")
        if finding.how_to_mend and not finding.ok:
            self.stdout.write(f"    → {finding.how_to_mend}")
        self.stdout.flush()
