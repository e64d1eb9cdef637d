"""Reads health once, now and in this process, and prints what became of it."""

import json
import time
import uuid
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer, Feed
from health.poll import Claim, Round, poll_feeds
from health.sweep import claim_in_batches, sweep_due_feeds


class Command(BaseCommand):
    help = "Read the health of customers once, now and in this process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customer", metavar="TENANT", help="only this tenant id or domain, due or not")
        parser.add_argument("--all", action="store_true", help="every customer, due or not")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        counter = _StatementCounter()
        done = Round()
        started = time.monotonic()

        def read(claims: list[Claim]) -> None:
            done.add(poll_feeds(claims, now=timezone.now()))

        with connection.execute_wrapper(counter):
            if options["customer"] or options["all"]:
                for batch in claim_in_batches(self._feeds(options["customer"])):
                    read(batch)
            else:
                sweep_due_feeds(read)
        figures = {
            "read": done.read,
            "changed": done.changed,
            "unchanged": done.unchanged,
            "failed": dict(sorted(done.failed.items())),
            "late": done.late,
            "requests": done.requests,
            "tokens": done.tokens,
            "statements": counter.count,
            "seconds": round(time.monotonic() - started, 3),
        }
        self.stdout.write(json.dumps(figures) if options["json"] else _table(figures))

    def _feeds(self, tenant: str | None) -> Any:
        if not tenant:
            return Feed.objects.all()
        named = Q(domain__iexact=tenant) | Q(initial_domain__iexact=tenant)
        with suppress(ValueError):
            named |= Q(tenant_id=uuid.UUID(tenant))
        found = Customer.objects.filter(named)
        if not found.exists():
            raise CommandError(
                _("There is no customer %(tenant)s. Give a tenant id or a domain as the customer list shows it.")
                % {"tenant": tenant}
            )
        return Feed.objects.filter(customer__in=found)


class _StatementCounter:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)


def _table(figures: dict[str, Any]) -> str:
    """The figures line by line; each reason of failure has its own."""
    lines = [(name, value) for name, value in figures.items() if name != "failed"]
    lines += [
        (_("failed: %(reason)s") % {"reason": Feed.Problem(reason).label}, n) for reason, n in figures["failed"].items()
    ]
    return "\n".join(f"{value!s:>10}  {name}" for name, value in lines)
