"""How long services were down in a month, what Microsoft was asked to pay for it, and how far the reckoning is."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from health.models.issue import Service


class ReckonedMonth(models.Model):
    """A month of UTC whose minutes are reckoned when they are due; for good once it is over, then `due_at` is null."""

    month = models.DateField(unique=True)  # its first day
    due_at = models.DateTimeField(null=True, blank=True)
    reckoned_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["ReckonedMonth"]]

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="month_due", condition=models.Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class Downtime(models.Model):
    """A service at a customer in a month with an incident or a degradation; health/downtime/reckon.py has the rules."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="downtimes", db_index=False)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="downtimes", db_index=False)
    month = models.DateField()  # its first day
    incident_seconds = models.PositiveIntegerField()
    degraded_seconds = models.PositiveIntegerField()
    healthy_seconds = models.PositiveIntegerField()
    unknown_seconds = models.PositiveIntegerField()

    objects: ClassVar[models.Manager["Downtime"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "service", "month"], name="one_downtime_per_month")]
        indexes = [
            models.Index(fields=["month", "-incident_seconds", "-degraded_seconds", "id"], name="downtime_worst_first")
        ]

    def __str__(self) -> str:
        return f"service {self.service_id} at customer {self.customer_id} in {self.month:%Y-%m}"


class Claim(models.Model):
    """A service credit that was asked for because of a downtime, and what Microsoft said."""

    class Outcome(models.TextChoices):
        CLAIMED = "CLAIMED", _("Claimed")
        GRANTED = "GRANTED", _("Granted")
        REFUSED = "REFUSED", _("Refused")

    downtime = models.OneToOneField(Downtime, on_delete=models.PROTECT, related_name="claim")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.CLAIMED)
    number = models.CharField(max_length=60)
    claimed_on = models.DateField()
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField()
    amount = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Claim"]]

    def __str__(self) -> str:
        return self.number
