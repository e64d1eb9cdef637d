"""One event told to one target: a row that becomes due, and the record of what the other side answered."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from csp_portal.notices.models.event import Event
from csp_portal.notices.models.rule import Rule
from csp_portal.notices.models.target import Target


class Delivery(models.Model):
    """`content` is what is told, kept as it was when the rules decided. Without an event it is a test."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        SENT = "SENT", _("Sent")
        SET_ASIDE = "SET_ASIDE", _("Set aside after too many tries")
        DROPPED = "DROPPED", _("Not told: outside of the hours")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries")
    rule = models.ForeignKey(Rule, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    content = models.JSONField()
    # Digests of a target that are due together go out as one message.
    is_digest = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    took_ms = models.PositiveIntegerField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)  # of HTTP
    answer = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager["Delivery"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "target"], name="one_delivery_of_each_event")]
        indexes = [
            models.Index(fields=["target", "due_at"], name="delivery_due", condition=Q(state="WAITING")),
            models.Index(fields=["-made_at", "id"], name="delivery_newest_first"),
            models.Index(fields=["state", "-made_at", "id"], name="delivery_of_state"),
        ]

    def __str__(self) -> str:
        return f"{self.content.get('title', '')} to {self.target_id}"
