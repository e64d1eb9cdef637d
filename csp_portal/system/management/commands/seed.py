"""`manage.py seed`: fill the database with a made-up partner, fast."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from psycopg2.errors import UniqueViolation

from csp_portal.system.seed_access import seed_access
from csp_portal.system.seed_tickets import seed_tickets
from csp_portal.system.seeding import seed_database
from customers.models import Customer


class Command(BaseCommand):
    help = "Fill the database with a made-up partner, its customers and its tickets, to try or measure the portal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=int, default=10_000, help="how many customers, 25 services each")
        parser.add_argument("--issues", type=int, default=300, help="how many issues; every tenth is open")
        parser.add_argument("--tickets", type=int, default=None, help="how many tickets; otherwise 100 a customer")
        parser.add_argument("--seed", type=int, default=1, help="the same number gives the same data")
        parser.add_argument(
            "--into-existing", action="store_true", help="do it although there are customers in the database"
        )

    def handle(self, *args: Any, customers: int, issues: int, seed: int, into_existing: bool, **options: Any) -> None:
        tickets: int = 100 * customers if options["tickets"] is None else options["tickets"]
        if customers < 1 or issues < 0 or tickets < 0:
            raise CommandError("Give at least one customer and no negative number of issues or tickets.")
        if not into_existing and Customer.objects.exists():
            raise CommandError(
                "This database already has customers, and made-up ones beside real ones mislead everybody. "
                "Use an empty database (another PORTAL_STATE_DIR), or say --into-existing if you mean it."
            )
        try:
            done = seed_database(customers=customers, issues=issues, now=timezone.now(), seed=seed)
        except UniqueViolation as error:
            raise CommandError(f"Seed {seed} is in this database already; give another number with --seed.") from error
        began = time.monotonic()
        granted = seed_access(now=timezone.now(), seed=seed)
        seed_tickets(tickets, now=timezone.now(), seed=seed)
        for name, count in {**done.rows, "relationships": granted, "tickets": tickets}.items():
            self.stdout.write(f"{count:>9,} {name}")
        self.stdout.write(self.style.SUCCESS(f"done in {done.seconds + time.monotonic() - began:.1f} s"))
