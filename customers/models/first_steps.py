"""That a person wants to see the first steps no more."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class FirstStepsDismissal(models.Model):
    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager["FirstStepsDismissal"]]

    def __str__(self) -> str:
        return f"First steps dismissed by person {self.person_id}"
