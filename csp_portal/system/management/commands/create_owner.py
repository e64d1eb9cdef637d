"""Print the one-time address at which the first owner of the portal is made."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from csp_portal.accounts.people import PeopleError
from csp_portal.accounts.setup import make_token


class Command(BaseCommand):
    help = "Print an address, good once and for an hour, at which the first owner is made. Refuses where there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            token = make_token(now=timezone.now())
        except PeopleError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Open this address within an hour; it works once. Whoever opens it becomes the owner.")
        self.stdout.write(f"{settings.PORTAL_URL}{reverse('set_up', args=[token])}")
