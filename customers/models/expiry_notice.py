"""A mail to the owners that a credential of ours ends soon: a row that becomes due, one for each mark."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models.connection import Connection


class ExpiryNotice(models.Model):
    class Kind(models.TextChoices):
        CERTIFICATE = "CERTIFICATE", _("the certificate")
        SECRET = "SECRET", _("the client secret")
        SIGN_IN = "SIGN_IN", _("the admin agent's sign-in")

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="expiry_notices")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    ends_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()  # the mark that was passed: 60, 30, 14, 7, 1 or 0 days before the end
    due_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["ExpiryNotice"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind", "ends_at", "days"], name="one_notice_for_each_mark")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of connection {self.connection_id}, {self.days} days before its end"
