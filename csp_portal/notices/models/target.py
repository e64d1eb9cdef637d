"""A place where our people are told: mail addresses, a channel in Teams or Slack, a program of theirs."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from csp_portal.sealed import SealedSecrets


class Target(SealedSecrets):
    """It is taken as a whole by one worker at a time (`held_until`, `epoch`), so that it is never asked twice at once.

    After a failure it is held for a while: whatever it does, it costs nobody else anything.
    """

    class Way(models.TextChoices):
        MAIL = "MAIL", _("Mail")
        TEAMS = "TEAMS", _("Microsoft Teams (Workflows)")
        SLACK = "SLACK", _("Slack")
        WEBHOOK = "WEBHOOK", _("Signed webhook")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    way = models.CharField(_("way"), max_length=10, choices=Way.choices)
    addresses = ArrayField(models.EmailField(max_length=254), default=list, blank=True)
    sealed_url = models.TextField(blank=True)  # it lets whoever knows it write into the channel
    sealed_signing_key = models.TextField(blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    is_enabled = models.BooleanField(_("in use"), default=True)
    held_until = models.DateTimeField(null=True, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Target"]]

    def __str__(self) -> str:
        return self.name
