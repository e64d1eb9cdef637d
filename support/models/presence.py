"""Who has a ticket open right now."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from support.models.ticket import Ticket


class Presence(models.Model):
    """A person's page of a ticket says every few seconds that it is open, and whether something is being typed."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="presences", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    typed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Presence"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "person"], name="one_presence_per_person")]

    def __str__(self) -> str:
        return f"person {self.person_id} at ticket {self.ticket_id}"
