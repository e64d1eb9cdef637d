"""Shifts: when somebody last looked at the hand-over, and who took over when with which words to the next."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class ShiftLook(models.Model):
    """When a person looked at the hand-over last, and the visit before; looks close together are one visit."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    looked_at = models.DateTimeField()
    before_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["ShiftLook"]]

    def __str__(self) -> str:
        return f"person {self.person_id} at {self.looked_at:%Y-%m-%d %H:%M}"


class Takeover(models.Model):
    """That a person took over, and what they tell who comes next; never altered."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.CharField(max_length=2000, blank=True)

    objects: ClassVar[models.Manager["Takeover"]]

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="takeover_newest_first")]

    def __str__(self) -> str:
        return f"person {self.person_id} took over at {self.at:%Y-%m-%d %H:%M}"
