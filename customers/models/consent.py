"""Whether a customer has let our application in, as the readings of its health tell."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer


class Consent(models.Model):
    class State(models.TextChoices):
        GIVEN = "GIVEN", _("Given")
        LACKING = "LACKING", _("A permission is missing")
        MISSING = "MISSING", _("Missing")
        UNKNOWN = "UNKNOWN", _("Not known yet")

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, related_name="consent")
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNKNOWN)
    since = models.DateTimeField(null=True, blank=True)  # when the state was first seen
    # When one of us last sent the customer the link.
    asked_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    objects: ClassVar[models.Manager["Consent"]]

    def __str__(self) -> str:
        return f"Consent of customer {self.customer_id}: {self.state}"
