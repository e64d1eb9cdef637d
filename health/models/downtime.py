"""How long a service was down at a customer in a month, and what became of a claim for it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from health.models.issue import Service


class Downtime(models.Model):
    """The roll-up of a month, by UTC; there is a row only where there was an incident. `health.downtime` writes it."""

    class Claim(models.TextChoices):
        NONE = "", _("Nothing claimed")
        CLAIMED = "CLAIMED", _("Claimed")
        GRANTED = "GRANTED", _("Granted")
        REFUSED = "REFUSED", _("Refused")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="downtimes", db_index=False)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    incident_seconds = models.PositiveIntegerField()
    degraded_seconds = models.PositiveIntegerField()
    healthy_seconds = models.PositiveIntegerField()
    unknown_seconds = models.PositiveIntegerField()
    reckoned_at = models.DateTimeField()
    claim = models.CharField(_("claim"), max_length=10, choices=Claim.choices, blank=True, db_default="")
    claim_number = models.CharField(_("number of the claim"), max_length=60, blank=True, db_default="")
    claim_note = models.CharField(_("note"), max_length=500, blank=True, db_default="")

    objects: ClassVar[models.Manager["Downtime"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "service", "month"], name="one_downtime_per_month"),
            models.CheckConstraint(
                name="a_claim_has_a_number", condition=models.Q(claim="") | ~models.Q(claim_number="")
            ),
        ]
        indexes = [models.Index(fields=["month", "-incident_seconds", "id"], name="downtime_worst_first")]

    def __str__(self) -> str:
        return f"service {self.service_id} at customer {self.customer_id} in {self.month:%Y-%m}"
