"""What was said about a ticket: inside the house, to the customer, by the customer."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from csp_portal.attachments.models import Attachment
from support.models.mail_row import MailRow
from support.models.ticket import Ticket
from support.models.words import Channel


class EntryQuerySet(models.QuerySet["Entry"]):
    def public(self) -> Self:
        """What the customer may read: the only door to entries for anything that leaves the house."""
        return self.filter(is_public=True, undone_at__isnull=True)


class Entry(models.Model):
    """One note, reply or message. `is_public` alone decides who reads it, and a note can never be public."""

    class Kind(models.TextChoices):
        NOTE = "NOTE", _("Internal note")
        REPLY = "REPLY", _("Reply")
        MESSAGE = "MESSAGE", _("Message of the customer")
        MICROSOFT = "MICROSOFT", _("Microsoft's words")

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="entries", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    is_public = models.BooleanField(default=False)
    channel = models.CharField(max_length=15, choices=Channel.choices, default=Channel.STAFF)
    at = models.DateTimeField()
    # One of us, or who wrote from outside, or nobody: the portal itself.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    sender_name = models.CharField(max_length=200, blank=True)
    sender_address = models.CharField(max_length=320, blank=True)
    text = models.TextField(blank=True)
    # Sanitized, of mails that came as HTML; where it is empty the text is the whole.
    html = models.TextField(blank=True)
    # Earlier mails and signature below it, folded away where it is shown.
    quoted = models.TextField(blank=True)
    # A reply taken back before it left; its words went back to the composer.
    undone_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[EntryQuerySet] = EntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="only_a_reply_or_a_message_is_public",
                condition=Q(is_public=False) | Q(kind__in=["REPLY", "MESSAGE"]),
            )
        ]
        indexes = [models.Index(fields=["ticket", "at", "id"], name="entry_in_order")]

    def __str__(self) -> str:
        return f"{self.kind} of ticket {self.ticket_id}"


class EntryFile(models.Model):
    """A file that came or goes with an entry; `content_id` is what HTML mails name their pictures by."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="files")
    attachment = models.OneToOneField(Attachment, on_delete=models.PROTECT, related_name="entry_file")
    content_id = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager["EntryFile"]]

    def __str__(self) -> str:
        return f"file {self.attachment_id} of entry {self.entry_id}"


class OutgoingMail(MailRow):
    """An entry on its way by mail: a row that becomes due, ten seconds later where a person may still undo it."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        SENDING = "SENDING", _("Being sent")
        SENT = "SENT", _("Sent")
        UNCERTAIN = "UNCERTAIN", _("Nobody knows whether it arrived")
        FAILED = "FAILED", _("Not sent")
        UNDONE = "UNDONE", _("Taken back")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, related_name="mail")
    to = ArrayField(models.CharField(max_length=320))
    cc = ArrayField(models.CharField(max_length=320), default=list, blank=True)
    subject = models.CharField(max_length=300)
    # Without angle brackets; answers name it in References.
    message_id = models.CharField(max_length=250, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["OutgoingMail"]]

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="outgoing_mail_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"mail of entry {self.entry_id}"
