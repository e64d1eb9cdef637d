"""What one of us is told in person, and when."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from support.models.entry import Entry
from support.models.ticket import Ticket


class Bell(models.Model):
    """Rings at its moment, and until its person has seen it; the mail is a row that becomes due."""

    class Why(models.TextChoices):
        REMINDER = "REMINDER", _("Reminder")
        MENTION = "MENTION", _("You were mentioned")
        WORD = "WORD", _("The customer wrote")
        MICROSOFT = "MICROSOFT", _("Microsoft answered")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="bells")
    why = models.CharField(max_length=10, choices=Why.choices)
    # Of a reminder: what the person wrote to themselves.
    words = models.CharField(_("what about"), max_length=200, blank=True)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    rings_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    mail_due_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Bell"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "person"], name="mentioned_once"),
            models.UniqueConstraint(
                fields=["person", "ticket"], condition=Q(why="WORD", seen_at=None), name="one_word_bell_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["person", "ticket"], condition=Q(why="MICROSOFT", seen_at=None), name="one_microsoft_bell"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "rings_at"], name="bell_unseen", condition=Q(seen_at=None)),
            models.Index(fields=["mail_due_at"], name="bell_mail_due", condition=Q(mail_due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.why} for person {self.person_id} at ticket {self.ticket_id}"


class QuietPerson(models.Model):
    """Who wants their bells on the page alone, and not by mail."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", primary_key=True
    )

    objects: ClassVar[models.Manager["QuietPerson"]]

    def __str__(self) -> str:
        return f"person {self.person_id}"
