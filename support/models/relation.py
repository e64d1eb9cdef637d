"""Tickets that have to do with each other, and how long a solved one is only sleeping."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from support.models.ticket import Ticket


class TicketLink(models.Model):
    """Two tickets of one customer, written down once: `one` is the older number."""

    one = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+", db_index=False)
    other = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[models.Manager["TicketLink"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="tickets_are_linked_once"),
            models.CheckConstraint(name="the_older_ticket_stands_first", condition=Q(one__lt=F("other"))),
        ]

    def __str__(self) -> str:
        return f"#{self.one_id} and #{self.other_id}"


class ReopenRule(models.Model):
    """The one row of it: so many days after a solution a word of the customer still reopens the ticket."""

    days = models.PositiveSmallIntegerField(_("days"), default=30)

    objects: ClassVar[models.Manager["ReopenRule"]]

    def __str__(self) -> str:
        return f"{self.days} days"
