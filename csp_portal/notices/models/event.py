"""Something our people may have to know of: one row however often it is seen."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from csp_portal.notices.kinds import EventKind, Severity

_IS_ACTIVE = Q(closed_at__isnull=True, is_news=False)


class EventQuerySet(models.QuerySet["Event"]):
    def active(self) -> Self:
        """What lasts and is not over, the snoozed ones included."""
        return self.filter(_IS_ACTIVE)

    def awake(self, *, now: datetime) -> Self:
        """Without what is snoozed at this moment; a snooze that has ended counts no longer."""
        return self.filter(Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now))


class Event(models.Model):
    """`key` says what it is, without a time; among the rows that are not closed there is one of each key.

    It is about the customers that `issue` hits and about `customers`; about none of them, it is about the portal.
    News are never closed: their key stays taken, so that they are told once.
    """

    kind = models.CharField(max_length=30, choices=EventKind.choices)
    key = models.CharField(max_length=300)
    severity = models.SmallIntegerField(choices=Severity.choices)
    is_news = models.BooleanField()
    cloud = models.CharField(max_length=20, blank=True)
    service = models.CharField(max_length=200, blank=True)
    issue = models.ForeignKey("health.Issue", on_delete=models.CASCADE, null=True, blank=True, related_name="events")
    customers = models.ManyToManyField("customers.Customer", related_name="events", blank=True)
    facts = models.JSONField(default=dict)
    count = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    # When the rules are asked (again) who has to be told of it.
    due_at = models.DateTimeField(null=True, blank=True, db_default=Now())
    # What our people do about it.
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    snooze_reason = models.CharField(max_length=300, blank=True, db_default="")

    objects: ClassVar[EventQuerySet] = EventQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], name="one_open_event_of_each_key", condition=Q(closed_at__isnull=True)
            ),
            models.CheckConstraint(
                name="who_snoozes_says_why", condition=Q(snoozed_until__isnull=True) | ~Q(snooze_reason="")
            ),
        ]
        indexes = [
            models.Index(fields=["severity", "-first_seen_at", "id"], name="event_active", condition=_IS_ACTIVE),
            models.Index(fields=["-first_seen_at", "id"], name="event_newest_first"),
            models.Index(fields=["due_at"], name="event_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.facts.get('title', self.key)}"


class Step(models.Model):
    """What one of us, or the portal, did about an event."""

    class What(models.TextChoices):
        ACKNOWLEDGED = "ACKNOWLEDGED"
        ASSIGNED = "ASSIGNED"
        SNOOZED = "SNOOZED"
        WOKEN = "WOKEN"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    what = models.CharField(max_length=20, choices=What.choices)
    words = models.CharField(max_length=300, blank=True)  # a name or a reason
    until = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Step"]]

    def __str__(self) -> str:
        return f"{self.what} of event {self.event_id}"
