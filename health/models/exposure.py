"""An issue that hits a customer."""

from typing import ClassVar, Self

from django.db import models

from customers.models import Customer
from health.models.issue import Issue


class ExposureQuerySet(models.QuerySet["Exposure"]):
    def open(self) -> Self:
        return self.filter(cleared_at__isnull=True)


class Exposure(models.Model):
    """An issue hitting a customer; an open one was last seen when the customer's feed was last read."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="exposures", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="exposures", db_index=False)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ExposureQuerySet] = ExposureQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issue", "customer"], name="one_exposure_per_issue_and_customer")
        ]
        indexes = [
            models.Index(
                fields=["customer", "issue"],
                name="exposure_open_of_customer",
                condition=models.Q(cleared_at__isnull=True),
            ),
            models.Index(
                fields=["issue", "customer"],
                name="exposure_open_of_issue",
                condition=models.Q(cleared_at__isnull=True),
            ),
            models.Index(fields=["customer", "-first_seen_at"], name="exposure_of_customer"),
        ]

    def __str__(self) -> str:
        return f"issue {self.issue_id} at customer {self.customer_id}"
