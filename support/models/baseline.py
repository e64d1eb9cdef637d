"""What we resolve ourselves before Microsoft is asked: checklists in versions, and what was ticked on a ticket."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from support.models.entry import EntryFile
from support.models.ticket import Ticket
from support.models.words import Family


class Area(models.TextChoices):
    BILLING = "BILLING", _("Billing")
    SUBSCRIPTIONS = "SUBSCRIPTIONS", _("Subscription management")
    TECHNICAL = "TECHNICAL", _("Technical support")


class Baseline(models.Model):
    """A published version of a checklist, never altered; the highest one counts for tickets that begin now.

    Its items are {"key", "en", "zh-hant", "required"}, in order.
    """

    family = models.CharField(max_length=20, choices=Family.choices)
    area = models.CharField(max_length=15, choices=Area.choices)
    version = models.PositiveIntegerField()
    items = models.JSONField(default=list)
    published_at = models.DateTimeField(db_default=Now())
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[models.Manager["Baseline"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["family", "area", "version"], name="one_row_of_each_baseline_version")
        ]

    def __str__(self) -> str:
        return f"{self.get_family_display()}, {self.get_area_display()}, version {self.version}"


class BaselineTick(models.Model):
    """An item that was done for a ticket, or does not apply to it, with what shows it."""

    class Outcome(models.TextChoices):
        DONE = "DONE", _("Done")
        NOT_APPLICABLE = "NOT_APPLICABLE", _("Does not apply")

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="baseline_ticks", db_index=False)
    baseline = models.ForeignKey(Baseline, on_delete=models.PROTECT, related_name="ticks")
    key = models.CharField(max_length=40)
    outcome = models.CharField(max_length=15, choices=Outcome.choices, default=Outcome.DONE)
    evidence = models.CharField(_("what shows it"), max_length=2000)
    file = models.ForeignKey(EntryFile, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[models.Manager["BaselineTick"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "baseline", "key"], name="one_tick_of_each_baseline_item")
        ]

    def __str__(self) -> str:
        return f"{self.key} of ticket {self.ticket_id}"
