"""That we were warned of the end of a relationship, or of an invitation: one row for each mark that was passed."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from customers.models.relationship import Relationship


class AccessEndMark(models.Model):
    """An extension moves the end, and with a new end the marks start anew."""

    class What(models.TextChoices):
        ACCESS = "ACCESS"
        INVITATION = "INVITATION"

    relationship = models.ForeignKey(Relationship, on_delete=models.CASCADE, related_name="end_marks", db_index=False)
    what = models.CharField(max_length=10, choices=What.choices)
    ends_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()  # before the end: 90, 60, 30, 14, 7, 1 or 0
    noted_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager["AccessEndMark"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["relationship", "what", "ends_at", "days"], name="one_alert_for_each_mark_and_end"
            )
        ]

    def __str__(self) -> str:
        return f"{self.days} days before the end of relationship {self.relationship_id}"
