"""Files that people keep in the portal: what is known of each, while its bytes lie under a random key on the disk."""

import secrets
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

KEPT_AFTER_REMOVAL = timedelta(days=30)


def random_key() -> str:
    return secrets.token_hex(20)


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def kept(self) -> Self:
        """Without the removed ones, which can still be brought back for a while."""
        return self.filter(removed_at__isnull=True)


class Attachment(models.Model):
    class State(models.TextChoices):
        PENDING = "PENDING", _("Being scanned")
        CLEAN = "CLEAN", _("No virus found")
        INFECTED = "INFECTED", _("Virus found")
        UNSCANNED = "UNSCANNED", _("Not scanned")

    key = models.CharField(max_length=40, unique=True, default=random_key)
    name = models.CharField(_("name"), max_length=150)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=100)
    # Of a customer's file both are there; a document that Microsoft publishes has neither.
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, null=True, blank=True, related_name="attachments"
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    uploaded_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    virus = models.CharField(max_length=200, blank=True)
    # The scan is a row that becomes due; `epoch` tells a late worker that another one has taken the row.
    due_at = models.DateTimeField(null=True, db_default=Now())
    epoch = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar["models.Manager[Attachment]"] = AttachmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="attachment_of_a_customer_by_one_of_us_or_of_microsoft",
                condition=models.Q(customer__isnull=False, uploaded_by__isnull=False)
                | models.Q(customer__isnull=True, uploaded_by__isnull=True),
            )
        ]
        indexes = [
            models.Index(fields=["customer", "-uploaded_at"], name="attachment_of_customer"),
            models.Index(fields=["uploaded_by", "uploaded_at"], name="attachment_quota"),
            models.Index(fields=["due_at"], name="attachment_due", condition=models.Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may_be_read(self) -> bool:
        """Clean, or never scanned where the settings say that this is enough."""
        is_enough = self.state == self.State.UNSCANNED and settings.PORTAL_SERVE_UNSCANNED
        return self.removed_at is None and (self.state == self.State.CLEAN or is_enough)

    def remove(self, *, now: datetime) -> None:
        self.removed_at = now
        self.save(update_fields=["removed_at"])

    def restore(self) -> None:
        self.removed_at = None
        self.save(update_fields=["removed_at"])
