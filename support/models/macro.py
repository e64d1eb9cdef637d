"""What agents do to tickets in one stroke."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from support.models.canned import CannedReply
from support.models.queue import Queue
from support.models.words import Severity, Status


class Macro(models.Model):
    """What is left empty stays as it is; the reply goes into the box and is sent by the person who reads it first."""

    class Owner(models.TextChoices):
        ME = "ME", _("who runs it")
        NOBODY = "NOBODY", _("nobody")

    name = models.CharField(_("name"), max_length=100, unique=True)
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, blank=True)
    severity = models.CharField(_("severity"), max_length=1, choices=Severity.choices, blank=True)
    owner = models.CharField(_("owner"), max_length=6, choices=Owner.choices, blank=True)
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("queue"))
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("add tags"))
    note = models.TextField(_("internal note"), max_length=5000, blank=True)
    reply = models.ForeignKey(
        CannedReply, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("canned reply")
    )

    objects: ClassVar[models.Manager["Macro"]]

    def __str__(self) -> str:
        return self.name
