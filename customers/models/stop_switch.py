"""What keeps us from writing to customers' tenants: the owner's stop switch, and how much was written lately."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from customers.models.customer import Customer

THE_SWITCH = 1


class StopSwitch(models.Model):
    """One row, made when the switch is pressed for the first time.

    Whoever orders writes notes the `era`; pressing begins a new one, so that no work goes on by itself after a release.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_SWITCH)
    era = models.PositiveIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager["StopSwitch"]]

    class Meta:
        constraints = [models.CheckConstraint(name="one_stop_switch", condition=models.Q(id=THE_SWITCH))]

    def __str__(self) -> str:
        return f"Stop switch, era {self.era}"

    @property
    def is_pressed(self) -> bool:
        return self.stopped_at is not None


class TenantWriteQuerySet(models.QuerySet["TenantWrite"]):
    def since(self, customer_id: int, *, past: timedelta) -> list[datetime]:
        """The moments of this customer's writes of the time past by the database's clock, the oldest first."""
        found = self.filter(customer_id=customer_id, at__gt=Now() - past)
        return list(found.order_by("at").values_list("at", flat=True))


class TenantWrite(models.Model):
    """A write that was given leave; rows older than the ceiling's window are swept away by the next one."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="tenant_writes", db_index=False)
    at = models.DateTimeField(db_default=Now())

    objects: ClassVar[TenantWriteQuerySet] = TenantWriteQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [models.Index(fields=["customer", "at"], name="tenant_write_of_customer")]

    def __str__(self) -> str:
        return f"Write to customer {self.customer_id} at {self.at}"
