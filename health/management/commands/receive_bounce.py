"""Takes in one mail that a mail server sent back: `manage.py receive_bounce < message.eml`."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from health.notice_runs.bounces import read_bounce, store_bounce

LARGEST = 5_000_000


class Command(BaseCommand):
    help = "Read a delivery report from standard input and note it at the notice and the contact it is about."

    def handle(self, *args: Any, **options: Any) -> None:
        """It never fails on a mail: a mail server would send its own report about that."""
        report = read_bounce(sys.stdin.buffer.read(LARGEST))
        if report is None:
            self.stdout.write("This mail reports no failed notice of ours.")
        elif store_bounce(report, now=timezone.now()):
            self.stdout.write(f"Noted: {report.reason}")
        else:
            self.stdout.write("Known already, or the notice was never sent.")
