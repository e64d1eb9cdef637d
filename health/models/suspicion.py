"""An incident that we suspect before Microsoft reports it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from health.models.issue import Issue, Service


class Suspicion(models.Model):
    """An incident that we saw before Microsoft spoke of it; merged with Microsoft's issue when that appears."""

    class Outcome(models.TextChoices):
        OPEN = "OPEN", _("Suspected")
        MERGED = "MERGED", _("Confirmed by Microsoft")
        DISMISSED = "DISMISSED", _("Dismissed")

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="suspicions")
    # Empty where tickets raised it; then `evidence` holds numbers: tickets, customers, minutes, words.
    seen = models.TextField(_("what was seen"), blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    customers = models.ManyToManyField(Customer, related_name="suspicions")
    reported_at = models.DateTimeField()
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    ended_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(_("why it was dismissed"), max_length=300, blank=True)
    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, null=True, blank=True, related_name="suspicions")
    # How long before Microsoft's first post we knew; negative where Microsoft had been first.
    minutes_ahead = models.IntegerField(null=True, blank=True)

    objects: ClassVar[models.Manager["Suspicion"]]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="merged_means_an_issue",
                condition=models.Q(outcome="MERGED", issue__isnull=False) | ~models.Q(outcome="MERGED"),
            ),
            models.CheckConstraint(
                name="somebody_or_tickets_suspected_it",
                condition=models.Q(reported_by__isnull=False) | ~models.Q(evidence={}),
            ),
        ]
        indexes = [
            models.Index(fields=["-reported_at"], name="suspicion_newest_first"),
            models.Index(fields=["reported_at"], name="suspicion_open", condition=models.Q(outcome="OPEN")),
        ]

    def __str__(self) -> str:
        return f"{self.service.name} ({self.reported_at:%Y-%m-%d %H:%M})"
