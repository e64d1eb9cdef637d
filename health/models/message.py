"""What Microsoft announces in its message center, and which customers it announced it to."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import CloudChoice, Customer


class Message(models.Model):
    """A post of the message center; stored once per cloud, however many customers see it."""

    class Category(models.TextChoices):
        FIX = "preventorfixissue", _("Prevent or fix an issue")
        PLAN = "planforchange", _("Plan for change")
        INFORMED = "stayinformed", _("Stay informed")

    class Severity(models.TextChoices):
        CRITICAL = "critical", _("Critical")
        HIGH = "high", _("High")
        NORMAL = "normal", _("Normal")

    cloud = models.CharField(max_length=20, choices=CloudChoice.choices)
    microsoft_id = models.CharField(max_length=50)
    title = models.TextField()
    category = models.CharField(max_length=40, choices=Category.choices, blank=True)  # in lower case: spelling varies
    severity = models.CharField(max_length=40, choices=Severity.choices, blank=True)
    services = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    tags = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    is_major = models.BooleanField(default=False)
    act_by = models.DateTimeField(null=True, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    modified_at = models.DateTimeField()
    first_seen_at = models.DateTimeField()
    html = models.TextField(blank=True)  # sanitized

    objects: ClassVar[models.Manager["Message"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cloud", "microsoft_id"], name="one_message_per_cloud_and_id")]

    def __str__(self) -> str:
        return self.microsoft_id


class MessageSighting(models.Model):
    """That a customer sees, or once saw, a message; kept when Microsoft drops it."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="sightings", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="messages")
    first_seen_at = models.DateTimeField()
    dropped_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["MessageSighting"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "customer"], name="one_sighting_per_message")]

    def __str__(self) -> str:
        return f"message {self.message_id} at customer {self.customer_id}"
