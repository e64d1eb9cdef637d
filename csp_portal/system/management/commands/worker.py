"""Run one Celery worker in this terminal."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from csp_portal.celery import app
from csp_portal.system.memory import share_heaps


class Command(BaseCommand):
    help = "Run a Celery worker here, with the same settings as every other command. Ctrl-C stops it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="processes that work side by side (default 2)")
        parser.add_argument("--queues", default="poll,misc", help="queues to work on (default poll,misc)")

    def handle(self, *args: Any, **options: Any) -> None:
        share_heaps()
        app.worker_main(
            [
                *("worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle"),
                *("--concurrency", str(options["concurrency"]), "--queues", options["queues"]),
            ]
        )
