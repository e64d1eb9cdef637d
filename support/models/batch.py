"""One reply to many tickets of an issue, sent once however often it is submitted."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from health.models import Issue


class BatchReply(models.Model):
    """Its key is drawn when the form is shown: a second submission finds it taken."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="batch_replies")
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    tickets = models.PositiveIntegerField()

    objects: ClassVar[models.Manager["BatchReply"]]

    def __str__(self) -> str:
        return f"reply to {self.tickets} tickets"
