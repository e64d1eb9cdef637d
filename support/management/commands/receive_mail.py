"""Takes one mail from standard input: for a mail server that hands mails to programs."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from support.mail.taking_in import LARGEST, keep, take_in
from support.models import ReceivedMail


class Command(BaseCommand):
    help = "Take in one mail from standard input: manage.py receive_mail < message.eml"

    def handle(self, *args: Any, **options: Any) -> None:
        raw = sys.stdin.buffer.read(LARGEST + 1)  # what is longer is set aside as too large
        if not raw.strip():
            raise CommandError("There is no mail on standard input.")
        now = timezone.now()
        kept = keep(raw, now=now)
        take_in(kept.pk, now=now)
        mail = ReceivedMail.objects.select_related("ticket").get(pk=kept.pk)
        where = f"ticket #{mail.ticket_id}" if mail.ticket_id else mail.why
        self.stdout.write(f"{mail.get_state_display()}: {where}")
