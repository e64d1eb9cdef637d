"""Mails as they came, byte for byte, before anybody looked into them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from support.models.entry import Entry
from support.models.ticket import Ticket


class ReceivedMail(models.Model):
    """Kept with its hash before the mailbox is told that we have it; the same bytes are the same mail."""

    class State(models.TextChoices):
        KEPT = "KEPT", _("Not looked into yet")
        TAKEN = "TAKEN", _("Taken in")
        IGNORED = "IGNORED", _("No request")
        QUARANTINED = "QUARANTINED", _("Set aside for a person")

    raw = models.BinaryField()
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    # Without angle brackets; answers of ours name it in References.
    message_id = models.CharField(max_length=250, blank=True, db_index=True)
    sender = models.CharField(max_length=320, blank=True)
    subject = models.CharField(max_length=250, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.KEPT)
    # In a sentence: why it was set aside, or is no request.
    why = models.CharField(max_length=300, blank=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.SET_NULL, null=True, blank=True, related_name="received")
    entry = models.OneToOneField(Entry, on_delete=models.SET_NULL, null=True, blank=True, related_name="received")
    due_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[models.Manager["ReceivedMail"]]

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="received_mail_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["state", "-received_at", "-id"], name="received_mail_by_state"),
        ]

    def __str__(self) -> str:
        return self.subject or self.sha256[:12]
