"""What a service is like for a customer, what it was, and when nobody knew."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from customers.models import Customer, Feed, State
from health.models.issue import Issue, Service


class ServiceState(models.Model):
    """How a service is at a customer, as the last reading said."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="service_states", db_index=False)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="states", db_index=False)
    state = models.SmallIntegerField(choices=State.choices)
    status = models.CharField(max_length=20, choices=Issue.Status.choices)
    status_raw = models.CharField(max_length=60)
    since = models.DateTimeField()
    unknown_because = models.CharField(max_length=20, choices=Feed.Problem.choices, blank=True)
    # When a complete answer no longer named the service; it is then unknown, never healthy, and is not deleted.
    missing_since = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["ServiceState"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "service"], name="one_state_per_customer_and_service")
        ]
        indexes = [
            models.Index(
                fields=["service", "state", "customer"],
                name="service_problems",
                condition=models.Q(state__lt=State.HEALTHY, unknown_because=""),
            )
        ]

    def __str__(self) -> str:
        return f"service {self.service_id} at customer {self.customer_id}"


class StateChange(models.Model):
    """One transition of a service at a customer; never altered."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="state_changes", db_index=False)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="state_changes")
    at = models.DateTimeField(db_default=Now())
    before = models.SmallIntegerField(choices=State.choices, null=True, blank=True)
    after = models.SmallIntegerField(choices=State.choices)
    status_raw = models.CharField(max_length=60, blank=True)
    because = models.CharField(max_length=20, choices=Feed.Problem.choices, blank=True)

    objects: ClassVar[models.Manager["StateChange"]]

    class Meta:
        indexes = [
            models.Index(fields=["customer", "service", "-at"], name="state_change_history"),
            # Where the reckoning of a month's downtime looks for trouble (health/downtime/reckon.py).
            models.Index(
                fields=["at"],
                name="state_change_of_trouble",
                condition=models.Q(before__lt=State.UNKNOWN) | models.Q(after__lt=State.UNKNOWN),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.before} → {self.after} at {self.at:%Y-%m-%d %H:%M}"


class Gap(models.Model):
    """A time in which a customer was not read for so long that nobody knew how it was; it ended with a reading."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="health_gaps", db_index=False)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Gap"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "began_at"], name="one_gap_at_a_time")]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M} to {self.ended_at:%Y-%m-%d %H:%M}"
