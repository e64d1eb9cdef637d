"""Partner Center's service requests of a customer, as Microsoft lists them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from support.models.escalation import Escalation


class RequestFeed(models.Model):
    """A customer whose service requests are read: when somebody asks, and again while one of ours is open there."""

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, primary_key=True, related_name="request_feed")
    due_at = models.DateTimeField(null=True, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["RequestFeed"]]

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="request_feed_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"service requests of customer {self.customer_id}"


class ServiceRequest(models.Model):
    """Kept after Microsoft no longer lists it; `notes` are {"who", "at", "text"}, oldest first, as they are there."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="service_requests", db_index=False)
    request_id = models.CharField(max_length=100)
    title = models.CharField(max_length=300, blank=True)
    # Microsoft's own words, as they came.
    status = models.CharField(max_length=40, blank=True)
    severity = models.CharField(max_length=40, blank=True)
    product = models.CharField(max_length=200, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField()
    notes = models.JSONField(default=list)
    escalation = models.ForeignKey(
        Escalation, on_delete=models.SET_NULL, null=True, blank=True, related_name="service_requests"
    )

    objects: ClassVar[models.Manager["ServiceRequest"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "request_id"], name="one_row_of_a_service_request")]

    def __str__(self) -> str:
        return f"service request {self.request_id}"

    @property
    def is_open(self) -> bool:
        return self.status.casefold() != "closed"


class ServiceRequestNote(models.Model):
    """A note of ours on its way there; found again by the marker at its end."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("Waiting")
        SENDING = "SENDING", _("Being sent")
        UNKNOWN = "UNKNOWN", _("Nobody knows whether it arrived")
        DONE = "DONE", _("Done")
        STOPPED = "STOPPED", _("Not done")

    request = models.ForeignKey(ServiceRequest, on_delete=models.CASCADE, related_name="our_notes")
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    ordered_at = models.DateTimeField()
    era = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager["ServiceRequestNote"]]

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="request_note_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"note {self.pk} for service request {self.request_id}"

    @property
    def reference(self) -> str:
        return f"[ref: N{self.pk:08d}]"
