"""Mailboxes that mails of the desk come to, and where each mail lay in them."""

import uuid
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from csp_portal.sealed import SealedSecrets
from support.models.queue import Queue
from support.models.received import ReceivedMail


class Mailbox(SealedSecrets):
    """Read by one worker at a time (`due_at`, `epoch`); one that can't be read is asked again later and later."""

    class Kind(models.TextChoices):
        IMAP = "IMAP", _("IMAP with a password")
        IMAP_TOKEN = "IMAP_TOKEN", _("IMAP with a token of Microsoft (XOAUTH2)")
        GRAPH = "GRAPH", _("Microsoft Graph")

    class Afterwards(models.TextChoices):
        SEEN = "SEEN", _("Mark as read")
        MOVE = "MOVE", _("Mark as read and move")

    class Problem(models.TextChoices):
        """What went wrong; support.mailboxes.problems says what to do about each."""

        HOST = "HOST", _("The host can't be found.")
        PRIVATE = "PRIVATE", _("The host is not on the public internet.")
        UNREACHABLE = "UNREACHABLE", _("The mail server does not answer.")
        CERTIFICATE = "CERTIFICATE", _("The mail server's certificate is not trusted.")
        LOGIN = "LOGIN", _("The mail server refuses the user or the password.")
        FOLDER = "FOLDER", _("A folder does not exist or can't be opened.")
        TELLING = "TELLING", _("Mails are taken in, but can't be marked as read or moved.")
        SECRET = "SECRET", _("The stored password can't be opened.")
        CONNECTION = "CONNECTION", _("The connection to Microsoft is paused or missing.")
        ACCESS = "ACCESS", _("Microsoft refuses access to the mailbox.")
        THROTTLED = "THROTTLED", _("Microsoft asks us to wait.")
        ANSWER = "ANSWER", _("The answer of the mail server can't be understood.")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("way"), max_length=12, choices=Kind.choices, default=Kind.IMAP)
    address = models.EmailField(_("mail address"), max_length=254)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="mailboxes", verbose_name=_("queue"))
    is_enabled = models.BooleanField(_("in use"), default=False)
    sends_replies = models.BooleanField(_("replies are sent from this address"), default=True)
    host = models.CharField(_("mail server"), max_length=253, blank=True)
    port = models.PositiveIntegerField(
        _("port"), default=993, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    user = models.CharField(_("user"), max_length=254, blank=True)
    sealed_password = models.TextField(blank=True)
    connection = models.ForeignKey(
        "customers.Connection",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("connection"),
    )
    folder = models.CharField(_("folder"), max_length=200, default="INBOX")
    afterwards = models.CharField(
        _("mails that were taken in"), max_length=8, choices=Afterwards.choices, default=Afterwards.SEEN
    )
    moved_to = models.CharField(_("folder to move to"), max_length=200, blank=True)

    # How far it is read. IMAP: what stands above `last_uid` and is unread, or came after we first looked.
    uid_validity = models.BigIntegerField(null=True, blank=True)
    first_uid = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    read_since = models.DateTimeField(null=True, blank=True)

    due_at = models.DateTimeField()
    epoch = models.PositiveIntegerField(default=0)
    last_success_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=12, choices=Problem.choices, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True, blank=True)
    stuck_at = models.CharField(max_length=450, blank=True)  # the place of the mail at which reading broke off

    # "Test it": due while nobody has tried; then what came of it.
    test_due_at = models.DateTimeField(null=True, blank=True)
    tested_at = models.DateTimeField(null=True, blank=True)
    test_problem = models.CharField(max_length=12, choices=Problem.choices, blank=True)
    test_detail = models.CharField(max_length=300, blank=True)
    test_mails = models.PositiveIntegerField(null=True, blank=True)
    test_unread = models.PositiveIntegerField(null=True, blank=True)

    objects: ClassVar[models.Manager["Mailbox"]]

    def __str__(self) -> str:
        return self.name


class MailPlace(models.Model):
    """Where a kept mail lay; written with the mail in one commit, before the mailbox is told (`told_at`)."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="places", db_index=False)
    place = models.CharField(max_length=450)  # IMAP: UIDVALIDITY and UID; Graph: the lasting id
    mail = models.ForeignKey(ReceivedMail, on_delete=models.CASCADE, related_name="places")
    told_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["MailPlace"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "place"], name="mail_lies_once")]
        indexes = [models.Index(fields=["mailbox", "id"], name="mail_place_untold", condition=Q(told_at__isnull=True))]

    def __str__(self) -> str:
        return self.place
