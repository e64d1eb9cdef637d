"""That a customer was sent the link to approve a relationship."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.relationship import Relationship


class InvitationSending(models.Model):
    """Noted by whoever sent it; that nobody answers is an alert at each mark of the ends of access."""

    relationship = models.ForeignKey(Relationship, on_delete=models.CASCADE, related_name="sendings")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    to = models.CharField(_("sent to"), max_length=320, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)

    objects: ClassVar[models.Manager["InvitationSending"]]

    def __str__(self) -> str:
        return f"Invitation to relationship {self.relationship_id}"
