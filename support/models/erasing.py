"""Requests of data subjects: what was asked for, how far the worker is, and where the result lies."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer


class DataExport(models.Model):
    """Everything about a customer, or about one person there, as a file that is kept for some days.

    While `due_at` is set there is something to do: make the file and, once it is made, throw it away again.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="data_exports")
    # Of one person at this customer only; empty: of everybody and everything.
    person_address = models.CharField(_("mail address"), max_length=320, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    epoch = models.PositiveIntegerField(default=0)  # tells a late worker that another one has taken the row
    failures = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    rows = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(null=True, blank=True)
    key = models.CharField(max_length=40, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    objects: ClassVar[models.Manager["DataExport"]]

    class Meta:
        constraints = [
            models.CheckConstraint(name="made_data_export_has_its_file", condition=Q(made_at__isnull=True) | ~Q(key=""))
        ]
        indexes = [models.Index(fields=["due_at"], name="data_export_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"export {self.pk}"


class DataDeletion(models.Model):
    """The deletion of a customer with everything about it: of the customer this row knows nothing but its tenant ID."""

    tenant_id = models.UUIDField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    epoch = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    rows = models.PositiveIntegerField(default=0)  # as counted when it was asked for
    deleted = models.JSONField(default=dict)  # how many, by kind
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["DataDeletion"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id"], name="one_open_deletion_of_a_customer", condition=Q(ended_at__isnull=True)
            )
        ]
        indexes = [models.Index(fields=["due_at"], name="data_deletion_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"deletion {self.pk}"

    @property
    def rows_deleted(self) -> int:
        return sum(self.deleted.values())
