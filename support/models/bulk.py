"""One change of many tickets: what was asked for, and what became of each."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BulkChange(models.Model):
    """Carried out by the worker while `due_at` is set; stopping takes it away, and what is done stays done."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # As it was chosen: "status:SOLVED", "owner:12"; a moment is reckoned when it is asked for, not when it is done.
    change = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["BulkChange"]]

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="bulk_change_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.change} by person {self.person_id}"


class BulkRow(models.Model):
    """The number of a ticket that was asked for, whether or not there is such a ticket for the person."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("Not yet")
        DONE = "DONE", _("Done")
        SAME = "SAME", _("Was so already")
        REFUSED = "REFUSED", _("Refused")

    bulk = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)

    objects: ClassVar[models.Manager["BulkRow"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bulk", "number"], name="one_bulk_row_of_a_ticket")]
        indexes = [models.Index(fields=["bulk", "state", "number"], name="bulk_row_in_order")]

    def __str__(self) -> str:
        return f"#{self.number} of bulk change {self.bulk_id}"
