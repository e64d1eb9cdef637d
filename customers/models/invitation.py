"""That a customer was sent the link to approve a relationship."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.relationship import Relationship


class InvitationSending(models.Model):
    """Noted by whoever sent it; a reminder becomes due on `remind_on` while nobody has approved."""

    relationship = models.ForeignKey(Relationship, on_delete=models.CASCADE, related_name="sendings")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    to = models.CharField(_("sent to"), max_length=320, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    remind_on = models.DateField(_("remind us on"), null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["InvitationSending"]]

    class Meta:
        indexes = [
            models.Index(
                fields=["remind_on"],
                name="invitation_to_remind",
                condition=models.Q(remind_on__isnull=False, reminded_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"Invitation to relationship {self.relationship_id}"
