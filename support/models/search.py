"""What a ticket is found by."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from support.models.ticket import Ticket


class TicketWords(models.Model):
    """The words of a ticket and of all that was said about it, as `support.lists.words` takes them apart.

    Written in the transaction of every change (`support.lists.indexing`). For us alone: notes are in it, too.
    """

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, primary_key=True, related_name="found_by")
    words = SearchVectorField()

    objects: ClassVar[models.Manager["TicketWords"]]

    class Meta:
        indexes = [GinIndex(fields=["words"], name="ticket_words", fastupdate=False)]

    def __str__(self) -> str:
        return f"words of ticket {self.ticket_id}"
