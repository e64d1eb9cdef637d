"""`manage.py bench`: measure the portal against its budgets and print one table."""

import json
import os
from argparse import SUPPRESS, ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from csp_portal.system.bench import pages, sweep
from csp_portal.system.bench.probes import PROBES
from csp_portal.system.bench.stage import BenchError
from csp_portal.system.bench.table import as_text, write_json
from csp_portal.system.memory import share_heaps


class Command(BaseCommand):
    help = "Measure the portal against its budgets: a figure, its limit and whether it is met."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--tenants", type=int, default=int(os.environ.get("TENANTS", "1000")), help="how many tenants are swept"
        )
        parser.add_argument(
            "--customers",
            type=int,
            default=int(os.environ.get("CUSTOMERS", "10000")),
            help="how many customers the pages show",
        )
        parser.add_argument("--only", choices=("sweep", "pages"), help="measure only these budgets")
        parser.add_argument("--probe", choices=sorted(PROBES), help=SUPPRESS)

    def handle(
        self, *args: Any, tenants: int, customers: int, only: str | None, probe: str | None, **options: Any
    ) -> None:
        if tenants < 100 and not probe:
            raise CommandError("Give at least 100 tenants; fewer measure nothing but chance.")
        if probe:
            share_heaps()  # as a worker does
            self.stdout.write(json.dumps(PROBES[probe](tenants)))
            return
        state = Path(settings.STATE_DIR)
        try:
            rows = [] if only == "pages" else sweep.rows(state, tenants=tenants, say=self._say)
            rows += [] if only == "sweep" else pages.rows(state, customers=customers, say=self._say)
        except BenchError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(as_text(rows))
        write_json(rows, file=state / "bench.json")
        missed = sum(not row.met for row in rows)
        self.stdout.write(f"{len(rows) - missed} of {len(rows)} budgets are met; {state / 'bench.json'} holds them.")

    def _say(self, text: str) -> None:
        self.stderr.write(f"· {text}")
