"""Tickets that come from another desk: a file of them, and what became of each row."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from support.models.queue import Queue
from support.models.received import ReceivedMail
from support.models.ticket import Ticket


class TicketImport(models.Model):
    """Looked at until it is started; carried out by the worker while `due_at` is set; stopping takes that away."""

    class Shape(models.TextChoices):
        CSV = "CSV", _("CSV")
        JSON = "JSON", _("JSON")
        MBOX = "MBOX", _("mbox")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=150)
    shape = models.CharField(max_length=4, choices=Shape.choices)
    # What the keys of its rows belong to: the same row of the same source is the same ticket, in whatever file.
    source = models.CharField(_("source"), max_length=60)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+", verbose_name=_("queue"))
    # Mails say nothing of how far their request is.
    mails_are_ended = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["TicketImport"]]

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="ticket_import_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.file_name} of {self.source}"


class ImportedRow(models.Model):
    """A row of the file, or a mail. What it says is forgotten once the ticket has it; its key stays."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("Not yet")
        DONE = "DONE", _("Taken over")
        SAME = "SAME", _("Was here already")
        REFUSED = "REFUSED", _("Refused")

    job = models.ForeignKey(TicketImport, on_delete=models.CASCADE, related_name="rows", db_index=False)
    # Where it stands in the file: its line, or how many-th mail it is.
    place = models.PositiveIntegerField()
    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=250)
    content = models.JSONField(default=dict)
    mail = models.ForeignKey(ReceivedMail, on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    problem = models.CharField(max_length=400, blank=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[models.Manager["ImportedRow"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], condition=Q(state="DONE"), name="a_row_of_a_source_comes_once"
            )
        ]
        indexes = [models.Index(fields=["job", "state", "place"], name="imported_row_in_order")]

    def __str__(self) -> str:
        return f"{self.source} {self.external_id}"
